"""Data sets of TFDS, downloaded and prepared when needed, in `tmp_dir/tfds`."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any


class DownloadFailedError(Exception):
    """The original archives could not be fetched."""


def prepare_set(builder: Any, tmp_dir: Path) -> None:
    """Download and prepare a data set unless it is there.

    Original archives that lie in tmp_dir are not downloaded.

    Args:
        builder: Of TFDS, with `tmp_dir / "tfds"` as its data_dir.
        tmp_dir: Folder of raw files.

    Raises:
        DownloadFailedError: Without a network, or when a server refuses.
        OSError: The disk is full.
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
        raise DownloadFailedError(f"{type(error).__name__}: {error}") from error
