"""Guards around what is written: one process at a time, and a full disk told as such."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from t2t_mm.errors import UserError

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # Lustre, some NFS, Weka, FUSE
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_OF_PATHS = (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EACCES, errno.EROFS)
_CANNOT_SYNC_FOLDERS = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)  # some network file systems


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Wait until no other process generates in `folder`; the lock dies with its process.

    Where the file system has no locks, which is told, nothing is waited for.

    Raises:
        UserError: The folder cannot be made.
    """
    descriptor = _open_folder(folder, "generated data")
    try:
        _lock(descriptor, folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def report_full_disk(folder: Path, kept: str = "finished problems are kept") -> Iterator[None]:
    """Turn what a full disk raises, here or in TensorFlow, into a `UserError`.

    Args:
        folder: What is being written, for the message.
        kept: What is not lost, for the message.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, UserError) or not is_full_disk(error):
            raise
        raise UserError(
            "The disk is full or a file too large",
            received={"folder": str(folder)},
            fix=f"Make room and run the same command again; {kept}.",
        ) from error


@contextlib.contextmanager
def claim_folder(folder: Path, what: str) -> Iterator[None]:
    """Keep a second process out of `folder`; the lock dies with its process.

    Where the file system has no locks, which is told, nothing keeps it out.

    Raises:
        UserError: Another process is at work there, or the folder cannot be made.
    """
    descriptor = _open_folder(folder, what)
    try:
        claim_opened(descriptor, folder, what)
        yield
    finally:
        os.close(descriptor)


def _open_folder(folder: Path, what: str) -> int:
    """Return the descriptor of a folder, which is made where there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UserError(
            f"The folder for {what} cannot be used: {error.strerror}",
            received={"folder": str(folder)},
        ) from error


def is_claimed(folder: Path) -> bool:
    """Return whether another process has claimed a folder; of one that cannot be opened, False."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        claim_opened(descriptor, folder, "it")
        return False
    except UserError:
        return True
    finally:
        os.close(descriptor)


def claim_opened(descriptor: int, path: Path, what: str) -> None:
    """Keep a second process out of a folder or file until its descriptor is closed.

    Args:
        descriptor: Of the folder, or of the file opened for writing.
        path: Its own.
        what: Is written there, for the message.

    Raises:
        UserError: Another process is at work there.
    """
    try:
        _lock(descriptor, path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        kind = "folder" if path.is_dir() else "file"
        raise UserError(
            f"Another process is writing {what}",
            received={kind: str(path)},
            fix=f"Wait for it or stop it, or name another {kind}.",
        ) from error


def _lock(descriptor: int, path: Path, how: int) -> None:
    try:
        fcntl.flock(descriptor, how)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        logging.getLogger(__name__).warning(
            "%s is on a file system without locks (%s): see to it that no other process writes "
            "there",
            path,
            error.strerror,
        )


def refuse_folder(path: Path) -> None:
    """Refuse a folder where a file is to be read or written.

    Raises:
        UserError: There is one.
    """
    if path.is_dir():
        raise UserError(f"{path} is to be a file, and is a folder", fix="Move it away.")


def refuse_unwritable(path: Path, what: str, flag: str) -> None:
    """Refuse a path at which no file can be written, before the work whose end it would be.

    Args:
        path: The folders above it are made.
        what: Is to be written there, for the message.
        flag: That names it, for the message.

    Raises:
        UserError: The message names the flag.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_device = path.exists() and not path.is_file()
        can_write = os.access(path if is_device else path.parent, os.W_OK) and not path.is_dir()
    except OSError:
        can_write = False
    if not can_write:
        raise UserError(f"The {what} cannot be written", received={flag: str(path)})


def sync_folder(folder: Path) -> None:
    """Wait until a folder is on the disk: its files, then their names.

    So a later rename cannot overtake what it renames, nor a loss of power undo an earlier one.
    """
    for path in (*(path for path in folder.iterdir() if path.is_file()), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if path.is_file() or error.errno not in _CANNOT_SYNC_FOLDERS:
                raise
        finally:
            os.close(descriptor)


def remove_folder(path: Path) -> None:
    """Remove a folder such that a kill in between leaves nothing that looks complete.

    Example:
        >>> Path("old").mkdir()
        >>> remove_folder(Path("old"))
        >>> Path("old").exists()
        False
    """
    if path.exists():
        doomed = path.with_name(path.name + ".removed.incomplete")
        remove_leftover(doomed)
        path.rename(doomed)
        remove_leftover(doomed)


def remove_leftover(path: Path) -> None:
    """Remove what an interrupted write left, if anything: of a link only the link.

    Example:
        >>> Path("half").mkdir()
        >>> Path("link").symlink_to("half")
        >>> remove_leftover(Path("link"))
        >>> Path("half").exists(), Path("link").exists()
        (True, False)
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_full_disk(error: BaseException) -> bool:
    """Return whether an error of the system or of TensorFlow says that the disk is full."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    # TensorFlow and TFDS hand the system's words on inside errors of their own.
    return any(os.strerror(number) in str(error) for number in _FULL)


def explain_bad_path(error: OSError) -> str:
    """Say in a line why the system refuses a path, wherever that came up; "" for other errors.

    Example:
        >>> try:
        ...     Path("x" * 256).exists()
        ... except OSError as error:
        ...     explain_bad_path(error).removeprefix("x" * 256)
        ' cannot be used: File name too long.'
    """
    if not error.filename or error.errno not in _OF_PATHS:
        return ""
    return str(UserError(f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}"))
