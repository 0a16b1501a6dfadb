"""The folders of raw files: each is walked once, however links lead to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from t2t_mm.data.declaring.reading_warnings import warn_once


def walk_folders(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Yield a folder and all below it with the names of their folders and files, sorted.

    Links are followed after all that lies in the folder itself. One that leads to a folder that
    was walked, or that the walk began in, is left out; what cannot be listed is left out and told.

    Args:
        folder: Where to begin.

    Returns:
        As from `os.walk`: names that the caller takes out of the list of folders are not walked.

    Example:
        >>> Path("pets/cat").mkdir(parents=True)
        >>> Path("pets/all").symlink_to(".")
        >>> [(path.name, folders) for path, folders, _ in walk_folders(Path("pets"))]
        [('pets', ['cat']), ('cat', [])]
    """
    seen = {*Path(os.path.realpath(folder)).parents}
    waiting: list[Path] = [folder]
    linked: list[Path] = []
    while waiting or linked:
        directory = waiting.pop() if waiting else linked.pop(0)
        real = Path(os.path.realpath(directory))
        if real in seen:
            continue
        seen.add(real)
        folders, files = _list_entries(directory, real)
        yield directory, folders, files
        below = [directory / name for name in folders]
        waiting += [path for path in below[::-1] if not path.is_symlink()]
        linked += [path for path in below if path.is_symlink()]


def list_folders(folder: Path) -> list[str]:
    """List the names of the folders in a folder, sorted, without links to where it lies."""
    return _list_entries(folder, Path(os.path.realpath(folder)))[0]


def _list_entries(directory: Path, real: Path) -> tuple[list[str], list[str]]:
    """List the names of folders and files; of links those that do not lead above."""
    folders, files = [], []
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError as error:
        warn_once(f"{directory}: left out, since it cannot be listed: {error.strerror}.")
        return [], []
    for entry in entries:
        is_link = entry.is_symlink()  # of one to itself `is_dir` is an error
        if not (os.path.isdir(entry.path) if is_link else entry.is_dir()):
            files.append(entry.name)
        elif not is_link or not real.is_relative_to(os.path.realpath(entry.path)):
            folders.append(entry.name)
    return folders, files
