"""Archives of arrays, written and read back; arrays apart from those that are computed with."""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.errors import UserError
from t2t_mm.run.manifest import DamagedFileError, check_file, shorten_message


def copy_arrays(variables: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Copy variables to the host, each under its name: what computes goes on with its own."""
    return {name: np.array(np.asarray(variable)) for name, variable in variables.items()}


def write_arrays(
    path: Path,
    variables: Mapping[str, Any],
    look: Callable[[str, np.ndarray[Any, Any]], None] = lambda name, array: None,
) -> None:
    """Write variables to an `.npz` archive, each under its name, uncompressed.

    One after the other: `np.savez` wants all as arrays, a second copy of the model.

    Args:
        path: The archive.
        variables: By name.
        look: Is given each name and array before it is written, and may raise.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, variable in variables.items():
            array = np.asarray(variable)
            look(name, array)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
            del array  # before the next one is made


def is_finite(array: np.ndarray[Any, Any]) -> bool:
    """Return whether an array has neither infinities nor what is not a number.

    Its sum tells nearly always, in a quarter of the time.

    Example:
        >>> is_finite(np.array([1.0, 2.0])), is_finite(np.array([1.0, np.inf]))
        (True, False)
    """
    if array.dtype.kind in "biuSU":
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(array.sum()) or np.isfinite(array).all())


class SavedArrays(Mapping[str, np.ndarray[Any, Any]]):
    """The arrays of an archive, each read, and checked, when it is asked for."""

    def __init__(self, path: Path, archive: Any) -> None:
        self._path = path
        self._archive = archive

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        if name not in self._archive.files:
            raise KeyError(name)
        try:
            array = self._archive[name]
            if not isinstance(array, np.ndarray):
                raise ValueError(f"{name!r} is no array")
            return array
        except Exception as error:  # damage has many names in a reader of archives
            raise DamagedFileError(self._path, shorten_message(error)) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._archive.files)

    def __len__(self) -> int:
        return len(self._archive.files)


@contextlib.contextmanager
def open_arrays(path: Path) -> Iterator[SavedArrays]:
    """Open an archive of arrays, checked against the manifest beside it if there is one.

    Raises:
        DamagedFileError: It is damaged or missing; or an array of it, when that is read.
    """
    check_file(path)
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("it is no archive of arrays" if path.exists() else "there is no file")
        archive = np.load(path)
    except Exception as error:  # damage has many names in a reader of archives
        raise DamagedFileError(path, shorten_message(error)) from error
    with archive:
        yield SavedArrays(path, archive)


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
