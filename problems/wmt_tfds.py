"""The pairs of a TFDS translation data set, which TFDS downloads and prepares when needed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from t2t_mm.problems.parallel_text import Pair


class DownloadFailure(Exception):
    """The original archives could not be fetched."""


def read_tfds_pairs(
    builder: Any, split: str, languages: tuple[str, str], tmp_dir: Path
) -> Iterator[Pair]:
    """Yields the pairs of a split, without empty ones, in the same order every time.

    What TFDS downloads and prepares stays in `tmp_dir/tfds` and is used again. Original archives
    that lie in tmp_dir are not downloaded.

    Args:
      builder: of a TFDS data set whose features are one text per language.
      split: one of its splits.
      languages: of the first and the second text of each pair, as ("en", "de").
      tmp_dir: folder of raw files.

    Raises:
      DownloadFailure: without a network, or when a server refuses.
    """
    import tensorflow_datasets as tfds

    # The copy that TFDS keeps in Google's cloud would be tried first, long, where it is not
    # reachable.
    config = tfds.download.DownloadConfig(manual_dir=tmp_dir, try_download_gcs=False)
    try:
        builder.download_and_prepare(
            download_dir=tmp_dir / "tfds" / "downloads", download_config=config
        )
    except (OSError, tfds.download.DownloadError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise
        raise DownloadFailure(f"{type(error).__name__}: {error}") from error
    dataset = builder.as_dataset(
        split=split,
        shuffle_files=False,
        read_config=tfds.ReadConfig(interleave_cycle_length=1),
    )
    for example in dataset.as_numpy_iterator():
        first, second = (example[language].decode().strip() for language in languages)
        if first and second:
            yield first, second
