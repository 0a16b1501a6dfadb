"""The pairs of a TFDS translation data set, which TFDS downloads and prepares when needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from t2t_mm.problems.parallel_text import Pair, drop_empty_pairs
from t2t_mm.problems.tfds_sets import prepare_set


def read_tfds_pairs(
    builder: Any, split: str, languages: tuple[str, str], tmp_dir: Path
) -> Iterator[Pair]:
    """Yield the pairs of a split in the same order every time; empty ones are left out and told.

    What TFDS downloads and prepares stays in `tmp_dir/tfds` and is used again. Original archives
    that lie in tmp_dir are not downloaded.

    Args:
        builder: Of a TFDS data set whose features are one text per language.
        split: One of its splits.
        languages: Of the first and the second text of each pair, as ("en", "de").
        tmp_dir: Folder of raw files.

    Raises:
        DownloadFailedError: Without a network, or when a server refuses.
    """
    import tensorflow_datasets as tfds

    prepare_set(builder, tmp_dir)
    dataset = builder.as_dataset(
        split=split,
        shuffle_files=False,
        read_config=tfds.ReadConfig(interleave_cycle_length=1),
    )
    texts = (
        (example[languages[0]].decode().strip(), example[languages[1]].decode().strip())
        for example in dataset.as_numpy_iterator()
    )
    yield from drop_empty_pairs(texts, f"{builder.info.full_name} of TFDS, {split}")
