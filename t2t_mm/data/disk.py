"""Guards around a folder of data: one process at a time, and a full disk told as such."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from t2t_mm.errors import UserError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Waits until no other process generates in `folder`; the lock dies with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def full_disk_told(data_dir: Path) -> Iterator[None]:
    """Turns what a full disk raises, here or in TensorFlow, into a `UserError`."""
    try:
        yield
    except Exception as error:
        if not _is_full_disk(error):
            raise
        raise UserError(
            "The disk is full or a file too large",
            received={"data_dir": str(data_dir)},
            fix="Make room and run the same command again; finished problems are kept.",
        ) from error


def _is_full_disk(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    # TensorFlow and TFDS hand the system's words on inside errors of their own.
    return any(os.strerror(number) in str(error) for number in _FULL)
