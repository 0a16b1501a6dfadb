"""Files by the names that a list gives them: whole paths, or only how these end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath


class PathIndex:
    """Finds paths by all of a name, else by its last part.

    Args:
        paths: As "images/1.jpg", below a folder or in an archive.

    Example:
        >>> index = PathIndex(["a/1.wav", "b/1.wav", "b/2.wav"])
        >>> index.find("b/1.wav"), index.find("home/2.wav"), index.find("1.wav")
        (['b/1.wav'], ['b/2.wav'], ['a/1.wav', 'b/1.wav'])
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths: dict[str, str] = {}
        self._by_last_part: dict[str, list[str]] = {}
        for path in paths:
            if self._paths.setdefault(_normalize(path), path) == path:
                self._by_last_part.setdefault(PurePosixPath(path).name, []).append(path)

    def find(self, name: str) -> list[str]:
        """Find the paths that a name may mean; several where it says too little."""
        path = self._paths.get(_normalize(name))
        return self._by_last_part.get(PurePosixPath(name).name, []) if path is None else [path]


def _normalize(path: str) -> str:
    return str(PurePosixPath(path))
