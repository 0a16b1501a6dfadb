"""Tables in shards that hold pictures and sounds: tars as WebDataset has them, and Parquet.

by name      train-000000.tar  train-000001.tar      train-00000-of-00002.parquet    000000.tar
by folder    train/000000.tar  val/000000.tar        data/train-00000-of-00001.parquet
with hashes  train-00000-of-00002-b42a775f407cee45.parquet
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLITS, find_named_split
from t2t_mm.errors import UserError
from t2t_mm.problems.file_kinds import list_folders
from t2t_mm.problems.parquet_tables import read_parquet_rows
from t2t_mm.problems.picture_listing import is_hidden
from t2t_mm.problems.tar_shards import read_tar_rows

PACKED_SUFFIXES: Final = (".parquet", ".tar")

_SHARD_NUMBER = re.compile(r"[-_.]?\d+(?:-of-(\d+)(?:-[0-9a-f]{16})?)?$")
_COMPRESSED: Final = (".gz", ".bz2", ".xz", ".zst")
_MOST_BYTES_WATCHED = 20 * 1000**3


class RowPlace(NamedTuple):
    """Where a row is, as errors name it: its own file, of a table in shards the shard.

    Example:
        >>> print(RowPlace(Path("train.csv"), 2), "and", RowPlace(Path("train-0001.tar"), 5))
        train.csv, line 2 and train-0001.tar, row 5
    """

    path: Path
    number: int

    def __str__(self) -> str:
        return f"{self.path}, {'row' if is_packed(self.path) else 'line'} {self.number}"


def is_packed(table: Path) -> bool:
    """Return whether a table holds what it names, by the end of its name."""
    return table.suffix in PACKED_SUFFIXES


def list_packed_tables(folder: Path) -> list[Path]:
    """List the tables in a folder, each by the first of its shards.

    Shards have one name but for the number at its end. A Parquet file beside a tar of its name only
    says what lies in that, as img2dataset writes it.
    """
    files = _list_files(folder)
    tars = {path.stem for path in files if path.suffix == ".tar"}
    tables: dict[tuple[str, str], Path] = {}
    for path in files:
        if path.suffix == ".tar" or path.stem not in tars:
            tables.setdefault((_find_stem(path), path.suffix), path)
    return list(tables.values())


def list_shards(table: Path) -> list[Path]:
    """List the files of a table, by its first; those that are missing of "-of-00008" are told."""
    stem, number = _find_stem(table), _SHARD_NUMBER.search(table.stem)
    others = [path for path in _list_files(table.parent) if path.suffix == table.suffix]
    shards = [path for path in others if _find_stem(path) == stem]
    if number and number[1] and len(shards) != int(number[1]):
        warn_once(f"{table.parent}: of {int(number[1]):,} shards of {table.name}, {len(shards):,}.")
    return shards


def list_watched_files(table: Path) -> list[Path]:
    """List the files of any table; only the first where looking at each would take minutes."""
    shards = list_shards(table) if is_packed(table) else [table]
    total = sum(path.stat().st_size for path in shards)
    return shards if total <= _MOST_BYTES_WATCHED else [table]


def find_packed_splits(root: Path) -> dict[str, Path]:
    """Find the table of each split in a folder or in one folder below, as `data`.

    A split is named by a word of the name, or by the folder; what has no such name is for training,
    or left out where something else is named so, as `unsupervised` beside `train`.

    Raises:
        UserError: There are several tables for one split, or several folders of shards.
    """
    below = [root / name for name in list_folders(root)]
    named = {path: find_named_split(path.name) for path in below}
    tables = [(find_shard_split(path), path) for path in list_packed_tables(root)]
    for folder, split in named.items():
        tables += [(split, path) for path in list_packed_tables(folder) if split]
    others = [path for path, split in named.items() if not split and list_packed_tables(path)]
    if others and tables:
        left_out = ", ".join(path.name for path in others)
        warn_once(f"{root}: shards in folders that are named as no split are left out: {left_out}.")
    elif len(others) > 1:
        raise UserError(
            f"{root} has shards in several folders that are named as no split",
            expected="one such folder, or folders named train, validation and test",
            received={"folders": [path.name for path in others]},
            fix=f"Put /{others[0].name} behind the problem's name, or all shards into one folder.",
        )
    elif others:
        tables = [(find_shard_split(path), path) for path in list_packed_tables(others[0])]
    if not tables:
        _tell_compressed([root, *below])
    found: dict[str, Path] = {}
    for split, path in _leave_out_unnamed(root, tables):
        other = found.setdefault(split or SPLITS[0], path)
        if other != path:
            raise UserError(
                f"{root} has several tables for the split {split or SPLITS[0]}",
                expected="one, whose shards have one name but for their numbers",
                received={"files": [one.relative_to(root).as_posix() for one in (other, path)]},
                fix="Move the others out of it.",
            )
    return {split: found[split] for split in SPLITS if split in found}


def _leave_out_unnamed(root: Path, tables: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """Leave out and tell what is named as no split where other tables are named as training."""
    unnamed = [path.name for split, path in tables if not split]
    if not unnamed or SPLITS[0] not in {split for split, _ in tables}:
        return tables
    warn_once(f"{root}: tables that are named as no split are left out: {', '.join(unnamed)}.")
    return [(split, path) for split, path in tables if split]


def find_shard_split(path: Path) -> str:
    """Find the split that a word of a name says, "" where none does.

    Example:
        >>> find_shard_split(Path("cifar10-train-000001.tar")), find_shard_split(Path("0001.tar"))
        ('train', '')
    """
    splits = map(find_named_split, re.split(r"[-_.]", path.stem))
    return next(filter(None, splits), "")


def read_packed_rows(table: Path) -> Iterator[tuple[RowPlace, Mapping[str, Any]]]:
    """Yield the rows of all shards, each with its shard and its number there; see both readers."""
    read = read_tar_rows if table.suffix == ".tar" else read_parquet_rows
    for path in list_shards(table):
        for number, row in read(path):
            yield RowPlace(path, number), row


def _list_files(folder: Path) -> list[Path]:
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    packed = [path for path in found if is_packed(path) and not is_hidden(path.name)]
    return [path for path in packed if path.is_file()]


def _tell_compressed(folders: Iterable[Path]) -> None:
    """Tell of shards that are compressed: their members have no place that can be gone to."""
    for folder in folders:
        names = [path.name for path in folder.glob("*.tar.*") if path.suffix in _COMPRESSED]
        shards = sorted(name for name in names if _SHARD_NUMBER.search(name.partition(".tar.")[0]))
        if shards:
            warn_once(
                f"{folder}: shards are read as plain .tar files; {len(shards):,} are compressed, "
                f"first {shards[0]}. Decompress them, as with gunzip, and keep the names."
            )


def _find_stem(path: Path) -> str:
    return _SHARD_NUMBER.sub("", path.stem)
