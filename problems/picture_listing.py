"""Pictures as files of a folder: which files are, in which order, in how many parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final, TypeVar

from t2t_mm.data.declaring.splits import hash_bytes

T = TypeVar("T")

PICTURE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp"})

# t2t-datagen reads every raw file again to see whether data is up to date; that many pictures are
# read in seconds, more could take minutes each time.
MOST_PICTURES_WATCHED: Final = 20_000

_PICTURES_PER_PART: Final = 2_000


def is_picture(path: PurePath) -> bool:
    """Return whether a file is a picture by the end of its name.

    Example:
        >>> is_picture(PurePath("cat/1.JPEG")), is_picture(PurePath("cat/boxes.txt"))
        (True, False)
    """
    return path.suffix.lower() in PICTURE_SUFFIXES


def is_hidden(name: str) -> bool:
    """Return whether a name is one that systems make for themselves, as ".git" or "__MACOSX"."""
    return name.startswith(".") or name == "__MACOSX"


def hash_name(name: str | int) -> int:
    """Hash a name or number to 64 bits, the same on every machine."""
    return hash_bytes(str(name).encode("utf-8", "surrogateescape"))


def count_parts(pictures: Sequence[T]) -> int:
    """Count the parts of at most 2,000 pictures into which a split falls; at least one."""
    return max(1, math.ceil(len(pictures) / _PICTURES_PER_PART))


def select_part(pictures: Sequence[T], part: int) -> Sequence[T]:
    """Select one part; all of them in order are the split."""
    return pictures[part * _PICTURES_PER_PART : (part + 1) * _PICTURES_PER_PART]
