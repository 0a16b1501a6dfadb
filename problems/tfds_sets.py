"""Data sets of TFDS, downloaded and prepared when needed, in `tmp_dir/tfds`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.files.disk import is_full_disk, lock_folder

_NO_ROOM = "Not enough disk space"
"""As TFDS begins to say it, of a set that is larger than the room that there is."""


class DownloadFailedError(Exception):
    """The original archives could not be fetched."""


def prepare_set(builder: Any, tmp_dir: Path) -> None:
    """Download and prepare a data set unless it is there.

    Original archives that lie in tmp_dir are not downloaded. Another process that prepares the same
    set is waited for.

    Args:
        builder: Of TFDS, with `tmp_dir / "tfds"` as its data_dir.
        tmp_dir: Folder of raw files.

    Raises:
        DownloadFailedError: Without a network, or when a server refuses.
        UserError: The disk is full.
    """
    import tensorflow_datasets as tfds

    # The copy that TFDS keeps in Google's cloud would be tried first, long, where it is not
    # reachable.
    config = tfds.download.DownloadConfig(manual_dir=tmp_dir, try_download_gcs=False)
    home = tmp_dir / "tfds"
    try:
        if not builder.is_prepared():
            with lock_folder(home / builder.name):
                if not builder.is_prepared():
                    builder.download_and_prepare(
                        download_dir=home / "downloads", download_config=config
                    )
                    return
        # Perhaps by another process, after the builder was made.
        builder.info.read_from_directory(builder.data_path)
    except Exception as error:
        if is_full_disk(error) or _NO_ROOM in str(error):
            raise UserError(
                "The disk is full, or has not the room that a TFDS data set needs",
                received={"folder": str(home), "error": str(error)[:200]},
                fix="Make room, or name a folder of another disk with --tmp_dir, and run the same "
                "command again; what is downloaded is kept.",
            ) from error
        if isinstance(error, (OSError, tfds.download.DownloadError)):
            raise DownloadFailedError(f"{type(error).__name__}: {error}") from error
        raise
