"""Archives of arrays as they are read back, and arrays apart from those that are computed with."""

from __future__ import annotations

import contextlib
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.errors import UserError


def copy_arrays(variables: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Copy variables to the host, each under its name: what computes goes on with its own."""
    return {name: np.array(np.asarray(variable)) for name, variable in variables.items()}


@contextlib.contextmanager
def open_arrays(path: Path) -> Iterator[Any]:
    """Open an archive of arrays.

    Raises:
        UserError: It is damaged or missing.
    """
    try:
        with np.load(path) as arrays:
            yield arrays
    except (zipfile.BadZipFile, EOFError, FileNotFoundError, zlib.error) as error:
        raise make_damaged_error(path, error) from error


def check_written(path: Path, variables: Mapping[str, Any]) -> None:
    """Read an archive of arrays back, and compare it with what it was written from.

    It is read from the disk as far as the system lets go of what it remembers of the file.

    Args:
        path: An archive that is on the disk.
        variables: Those that were written, by name.

    Raises:
        UserError: It cannot be read, or holds other bits.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
    with open_arrays(path) as arrays:
        for name, variable in variables.items():
            if arrays[name].tobytes() != np.asarray(variable).tobytes():
                raise UserError(
                    f"{name!r} was read back from {path}, and is not what was written: the disk or "
                    "the memory is at fault. This checkpoint is removed, those before it stay"
                )


def make_damaged_error(path: Path, error: Exception) -> UserError:
    """Return what a user is told of a checkpoint's file that cannot be read."""
    return UserError(
        f"The checkpoint file {path} is damaged or missing: {shorten_message(error)}",
        fix="Remove this checkpoint's folder, and the one before it is taken.",
    )


def shorten_message(error: Exception) -> str:
    r"""Return the first line of an error's message, cut to 200 letters.

    Example:
        >>> shorten_message(ValueError("one\ntwo"))
        'one'
    """
    return str(error).strip().splitlines()[0][:200]
