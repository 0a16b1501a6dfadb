"""What files a problem reads out of a folder, by the ends of their names; how they are found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from t2t_mm.data.declaring import folder_walks
from t2t_mm.problems.picture_listing import PICTURE_SUFFIXES, is_hidden


@dataclass(frozen=True)
class FileKind:
    """A kind of files.

    Args:
        name: What a person calls one of them.
        suffixes: How their names end, in lower case, the most usual first.
        holds_text: Whether what they hold may stand in a table as well.

    Example:
        >>> SOUNDS.fits(PurePath("dog/1.WAV")), SOUNDS.fits(PurePath("dog/1.txt"))
        (True, False)
    """

    name: str
    suffixes: tuple[str, ...]
    holds_text: bool = False

    @property
    def plural(self) -> str:
        """What a person calls several of them."""
        return f"{self.name}s"

    def fits(self, path: PurePath) -> bool:
        """Return whether a file is of this kind by the end of its name."""
        return path.suffix.lower() in self.suffixes


PICTURES: Final = FileKind("picture", (".jpg", *sorted(PICTURE_SUFFIXES - {".jpg"})))
SOUNDS: Final = FileKind("sound", (".wav", ".flac", ".ogg", ".mp3", ".sph", ".wv1"))
TEXTS: Final = FileKind("text", (".txt",), holds_text=True)


def list_folders(folder: Path) -> list[str]:
    """List the names of the folders in a folder, sorted, without hidden ones."""
    return [name for name in folder_walks.list_folders(folder) if not is_hidden(name)]


def walk_files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and below, without hidden ones; links are followed, not twice."""
    for directory, subdirectories, filenames in folder_walks.walk_folders(folder):
        subdirectories[:] = [name for name in subdirectories if not is_hidden(name)]
        yield from (directory / name for name in filenames if not is_hidden(name))


def propose_folder(folder: Path) -> list[tuple[str, Mapping[str, str]]]:
    """Propose to read a folder as it is, for `Problem.propose`."""
    return [("", {})]


def propose_kind(kind: FileKind, folder: Path) -> list[tuple[str, Mapping[str, str]]]:
    """Propose to read a folder as it is if it has files of a kind, for `Problem.propose`."""
    ends = (*kind.suffixes, ".tar", ".parquet")
    return [("", {})] if any(path.suffix.lower() in ends for path in walk_files(folder)) else []
