"""The files of records of generated data: whether they are still what was written."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from t2t_mm.errors import UserError

_verified: set[tuple[Path, int]] = set()
"""Folders and when they last changed, where that cannot be noted beside the files."""


@dataclass(frozen=True)
class Shard:
    """One file of records.

    Args:
        bytes: Size of the file.
        sha256: Hexadecimal digest of its content.
    """

    bytes: int
    sha256: str


@dataclass(frozen=True)
class ShardFolder:
    """The files of a problem, in one folder beside what describes them.

    Args:
        problem: The problem's name, for messages.
        description: The file that was written last; its time is that of the last change of the
            others that was verified.
        shards: File name to size and digest.
        repair: The line that generates the data again.
    """

    problem: str
    description: Path
    shards: Mapping[str, Shard]
    repair: str

    def check(self, *, verify: bool = False) -> None:
        """Compare sizes and times; checksums, too, of what has changed since these were compared.

        What counts is when the system changed a file, which no program can set back, or the folder,
        as it does where files change their names.

        Args:
            verify: Whether to compare all checksums in any case.

        Raises:
            UserError: A file is missing or not what was written.
        """
        for name, shard in self.shards.items():
            try:
                found = (self.description.parent / name).stat()
            except FileNotFoundError:
                raise self._make_error(name, "is missing") from None
            if found.st_size != shard.bytes:
                state = "truncated" if found.st_size < shard.bytes else "too long"
                sizes = f"expected {shard.bytes} bytes, received {found.st_size} bytes"
                raise self._make_error(name, f"is {state}: {sizes}")
        changed = _find_change(self.description, self.shards)
        is_known = changed == self.description.stat().st_mtime_ns
        if verify or not (is_known or (self.description, changed) in _verified):
            self.check_checksums()
            _note_verified(self.description, changed)

    def check_checksums(self) -> None:
        """Read every file and compare it with the digest taken when it was written.

        Raises:
            UserError: One is damaged.
        """
        for name, shard in self.shards.items():
            if hash_file(self.description.parent / name) != shard.sha256:
                raise self._make_error(name, "is damaged or changed: wrong checksum")

    def _make_error(self, name: str, what: str) -> UserError:
        return UserError(
            f"The generated data of problem {self.problem} in {self.description.parent} is not "
            f"whole: {name}, of its {name_split(name)} split, {what}",
            fix=f"Generate it again: {self.repair}",
        )


def name_split(shard: str) -> str:
    """Return the split that a file of records is of.

    Args:
        shard: The file's name. That of a problem, with which it begins, has no hyphen.

    Example:
        >>> name_split("own_words-hard-test.tfrecord-00000-of-00002")
        'hard-test'
    """
    return shard.partition(".tfrecord-")[0].partition("-")[2]


def trust_files(description: Path, names: Iterable[str]) -> None:
    """Note that files were written, and their checksums taken, just now."""
    _note_verified(description, _find_change(description, names))


def _find_change(description: Path, names: Iterable[str]) -> int:
    folder = description.parent
    times = [(folder / name).stat().st_ctime_ns for name in names]
    return max([folder.stat().st_mtime_ns, *times])


def _note_verified(description: Path, changed: int) -> None:
    _verified.add((description, changed))
    with contextlib.suppress(OSError):  # of another user: the next process compares again
        os.utime(description, ns=(changed, changed))


def digest_shards(shards: Mapping[str, Shard]) -> str:
    """Digest the records of a problem: a run goes on only with those that it began with.

    Args:
        shards: By file name, in the order of the metadata.
    """
    text = json.dumps({file: one.sha256 for file, one in shards.items()})
    return hashlib.sha256(text.encode()).hexdigest()


def hash_file(path: Path) -> str:
    """Return the hexadecimal digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
