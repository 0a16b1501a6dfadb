"""Files by the names that a list gives them: whole paths, or only how these end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath


class PathIndex:
    """Finds paths by all of a name, else by the longest end of it that there is.

    Args:
        paths: As "images/1.jpg", below a folder or in an archive.
        without_suffixes: Whether a name may lack the suffix, as "images/1".

    Example:
        >>> index = PathIndex(["x/a/1.wav", "x/b/1.wav", "x/b/2.wav"])
        >>> index.find("b/1.wav"), index.find("home/2.wav"), index.find("1.wav")
        (['x/b/1.wav'], ['x/b/2.wav'], ['x/a/1.wav', 'x/b/1.wav'])
    """

    def __init__(self, paths: Iterable[str], *, without_suffixes: bool = False) -> None:
        self._paths: dict[PurePosixPath, str] = {}
        self._by_end: dict[str, list[str]] = {}
        for path in paths:
            whole = PurePosixPath(path)
            if self._paths.setdefault(whole, path) == path:
                names = [whole, whole.with_suffix("")] if without_suffixes else [whole]
                for end in (end for name in names for end in _list_ends(name)):
                    self._by_end.setdefault(end, []).append(path)

    def find(self, name: str) -> list[str]:
        """Find the paths that a name may mean; several where it says too little."""
        whole = PurePosixPath(name)
        if whole in self._paths:
            return [self._paths[whole]]
        fitting = (self._by_end[end] for end in _list_ends(whole) if end in self._by_end)
        return next(fitting, [])


def _list_ends(path: PurePosixPath) -> list[str]:
    """List a path and its ends, the longest first, as "a/b.jpg" and "b.jpg"."""
    return ["/".join(path.parts[begin:]) for begin in range(len(path.parts))]
