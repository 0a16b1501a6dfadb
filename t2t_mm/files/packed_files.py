"""Files that lie in another file, as in a tar: read where they are, nothing is unpacked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

LARGEST_PACKED: Final = 1 << 29
"""In bytes; what is larger is never read."""


@dataclass(frozen=True)
class PackedFile:
    """A picture or sound within a file; calling it reads its bytes.

    Args:
        archive: The file that holds it.
        name: What it is called in there, of which nothing is ever written or opened.

    Example:
        >>> one = PackedFile(Path("00.tar"), "cats/7.seg.png")
        >>> str(one), one.key
        ('cats/7.seg.png in 00.tar', 'cats/7')
    """

    archive: Path
    name: str

    def __str__(self) -> str:
        return f"{self.name} in {self.archive}"

    def __call__(self) -> bytes:
        """Return what it holds.

        Raises:
            BadExampleError: It cannot be had from a file that is whole.
            UserError: The file that holds it is broken.
        """
        raise NotImplementedError

    @property
    def key(self) -> str:
        """Its name up to the first dot: what it shares with the other files of an example."""
        path = PurePosixPath(self.name)
        return (path.parent / path.name.partition(".")[0]).as_posix()

    @property
    def order(self) -> tuple[int, int]:
        """By what several are best read one after the other."""
        return 0, 0
