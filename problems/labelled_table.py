"""Classes that stand in a table: of the files that it names, or of the texts in it.

metadata.csv      file_name,label      beside the files, or above them; also .tsv and .jsonl
train.csv         text,label           with dev.csv and test.csv; or one table, perhaps with `split`
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLIT_NAMES, find_named_split
from t2t_mm.errors import UserError
from t2t_mm.files.packed_files import PackedFile
from t2t_mm.problems.file_kinds import FileKind, list_folders, walk_files
from t2t_mm.problems.named_columns import (
    TABLE_SUFFIXES,
    USUAL_NAMES,
    check_columns,
    find_columns,
    has_columns,
    parse_columns,
    read_rows,
    write_cell,
)
from t2t_mm.problems.packed_tables import is_packed
from t2t_mm.problems.path_index import PathIndex

METADATA: Final = "metadata"

_SHOWN = 3


class LabelledRow(NamedTuple):
    """What a row of a table says.

    Args:
        value: A file, perhaps in another, or a text.
        label: Its class.
        split: The split that the row names; "" where it names none.
        fault: Why it is an odd item, without a value or a class; "" where it is none.
    """

    value: Path | str | PackedFile
    label: str
    split: str = ""
    fault: str = ""


@dataclass(frozen=True)
class TableReader:
    """Reads tables of labelled files or texts.

    Args:
        root: The folder that the files lie in, or below.
        kind: Which files; with `holds_text` the texts themselves may stand in the table.
        columns: Which column holds what, where a person says so; see `parse_columns`.
        says: What the table says of each: its label, or its caption.
    """

    root: Path
    kind: FileKind
    columns: str = ""
    says: str = "label"

    def can_read(self, path: Path) -> bool:
        """Return whether a table has the columns that are needed."""
        try:
            roles = self._choose_roles(path)
            return bool(roles) and roles.keys() <= {
                *find_columns(path, roles, self.columns),
                "split",
            }
        except UserError:  # it is of another form, as a json of settings
            return False

    def read(self, path: Path) -> list[LabelledRow]:
        """Read the rows with a value and a class; those with a fault, too, so that they can count.

        How many have an empty cell in place of these is told.

        Raises:
            UserError: A column is missing, a row is malformed, or files are not there.
        """
        roles = self._choose_roles(path) or {
            name: USUAL_NAMES[name] for name in ("file", self.says)
        }
        chosen = find_columns(path, roles, self.columns)
        check_columns(path, chosen, roles, self.columns)
        content = next(iter(roles))
        rows: list[LabelledRow] = []
        empty = 0
        for place, row in read_rows(path, parse_columns(self.columns)):
            cells = [row.get(chosen.get(role, ""), "") for role in roles]
            if "split" not in chosen:  # the first row, by which columns are chosen, may lack it
                cells[-1] = next((row[name] for name in roles["split"] if name in row), "")
            said = self._read_row(place, cells, content, is_packed(path))
            rows += said
            empty += not said
        if empty:
            warn_once(f"{path}: left out {empty:,} rows without a {content} or {self.says}.")
        rows = _name_splits(path, rows)
        return rows if content == "text" else self._locate_files(path, rows)

    def _read_row(
        self, place: object, cells: Sequence[object], content: str, must_say: bool
    ) -> list[LabelledRow]:
        """Read what a row says: something, a fault, or nothing where a cell is empty."""
        held, said, *split = cells
        value = held if isinstance(held, PackedFile) else write_cell(held, place)
        if content == "file" and isinstance(held, str):
            value = held.strip()  # a name may have two spaces side by side
        texts = [text for one in self._list_said(said) if (text := write_cell(one, place))]
        if value and texts:
            named = [write_cell(one, place) for one in split]
            return [LabelledRow(value, text, *named) for text in texts]
        if not must_say and held is not None and said is not None:
            return []
        whose = f" of {value.name}" if isinstance(value, PackedFile) else ""
        fault = f"{place}: there is no {self.says if value else content}{whose}"
        return [LabelledRow(value, "", "".join(map(str, split)), fault)]

    def _list_said(self, said: object) -> Sequence[object]:
        """List what is said of one picture: several captions where they stand in a list."""
        return said if self.says == "caption" and isinstance(said, list) else [said]

    def _choose_roles(self, path: Path) -> dict[str, tuple[str, ...]]:
        """Choose what the columns hold: texts where there may be some, else names of files."""
        for content in ("text", "file") if self.kind.holds_text else ("file",):
            roles = {name: USUAL_NAMES[name] for name in (content, self.says, "split")}
            if content in find_columns(path, roles, self.columns):
                return roles
        return {}

    def _locate_files(self, table: Path, rows: list[LabelledRow]) -> list[LabelledRow]:
        """Find the files that rows name, of which none may stand for two names.

        That of a row with a fault may be missing: where it is there, its folder may say the split.
        """
        names: dict[bool, set[Path]] = {True: set(), False: set()}
        for row in rows:
            if not isinstance(row.value, PackedFile):
                names[bool(row.fault)].add(Path(row.value))
        places = self._find_places(table, names[True]) | self._find_places(table, names[False])
        found, absent = [], []
        for row in rows:
            if isinstance(row.value, PackedFile):
                found.append(row)
            elif path := places.get(Path(row.value)):
                found.append(row._replace(value=path))
            elif row.fault:
                found.append(row)
            else:
                absent.append(str(row.value))
        if absent:
            raise UserError(
                f"{table} names {self.kind.plural} that are not there: {len(absent):,} of "
                f"{len(rows):,}, first {', '.join(absent[:_SHOWN])}",
                expected=f"them in {table.parent}, or by one name each somewhere in {self.root}",
                fix=f"Add the {self.kind.plural} or take their rows out.",
            )
        return found

    def _find_places(self, table: Path, names: set[Path]) -> dict[Path, Path]:
        """Find files from the table, the root or where one works, or by the ends of their paths.

        As "cats/0.jpg" may lie in "val/cats/0.jpg", or be a "0.jpg" that is the only one and that
        no other row names; what `train.csv` names may lie in `train`.
        """
        found: dict[Path, Path] = {}
        bases = (table.parent, self.root, Path.cwd(), table.with_suffix(""))
        for name in names:
            places = (base / name for base in bases)
            there = (place for place in places if self.kind.fits(place) and place.is_file())
            if path := next(there, None):
                found[name] = self._name_from_root(path)
        fitting = filter(self.kind.fits, walk_files(self.root) if names - found.keys() else ())
        below = {path.relative_to(self.root).as_posix(): path for path in fitting}
        index = PathIndex(below, without_suffixes=True)
        by_end = {}
        for name in names - found.keys():
            own = _find_splits(name.parts[:-1]) or _find_splits([table.stem, table.parent.name])
            alike = [
                path
                for path in index.find(name.as_posix())
                if not own or _find_splits(Path(path).parts[:-1]) <= own
            ]
            if len(alike) == 1:
                by_end[name] = below[alike[0]]
        claims = Counter(map(os.path.abspath, (*found.values(), *by_end.values())))
        alone = {name: path for name, path in by_end.items() if claims[os.path.abspath(path)] == 1}
        return found | alone

    def _name_from_root(self, path: Path) -> Path:
        """Return the path of a file such that it begins with the root, if it lies there."""
        inside = os.path.relpath(path.absolute(), self.root.absolute())
        is_outside = Path(inside).parts[0] == os.pardir
        return path if path.is_relative_to(self.root) or is_outside else self.root / inside


def find_split_tables(folder: Path) -> dict[str, Path]:
    """Find the tables that are named as splits, as `train.csv` and `dev.csv`.

    Raises:
        UserError: There are several for one split.
    """
    found = {}
    for split, stems in SPLIT_NAMES.items():
        paths = [path for path in list_tables(folder) if path.stem.lower() in stems]
        if len(paths) > 1:
            raise UserError(
                f"{folder} has several tables for the split {split}",
                expected="one of them",
                received={"files": [path.name for path in paths]},
                fix="Move the others out of it.",
            )
        if paths:
            found[split] = paths[0]
    return found


def find_metadata(folder: Path) -> Path | None:
    """Find `metadata.csv` (or .tsv, .jsonl) of a folder, as Hugging Face has it.

    A `metadata.json`, which may as well hold settings, counts where there is no other.
    """
    found = [path for path in list_tables(folder) if path.stem == METADATA]
    return min(found, key=lambda path: path.suffix == ".json", default=None)


def find_only_table(root: Path, reader: TableReader) -> Path | None:
    """Find the one table that a reader can read, in a folder or else in the folders in it.

    Raises:
        UserError: There are several.
    """
    below = [path for name in list_folders(root) for path in list_tables(root / name)]
    for paths in (list_tables(root), below):
        if found := [path for path in paths if reader.can_read(path)]:
            if len(found) > 1:
                raise UserError(
                    f"{root} has several tables of {reader.kind.plural}",
                    expected="one of them, or train, dev and test",
                    received={"files": [path.relative_to(root).as_posix() for path in found]},
                    fix="Move the others out of it.",
                )
            return found[0]
    return None


def list_tables(folder: Path) -> list[Path]:
    """List the tables in a folder, by the ends of their names, in the order of these."""
    paths: Iterable[Path] = sorted(folder.iterdir()) if folder.is_dir() else ()
    return [path for path in paths if path.suffix in TABLE_SUFFIXES and path.is_file()]


def list_explainable(folder: Path) -> list[Path]:
    """List the tables that are worth an error: those named as splits, and those that are tables."""
    named = [*find_split_tables(folder).values()]
    return named + [path for path in list_tables(folder) if has_columns(path, {})]


def _find_splits(names: Sequence[str]) -> set[str]:
    """Find the splits that folders or a table are named as."""
    return {split for name in names if (split := find_named_split(name))}


def _name_splits(table: Path, rows: list[LabelledRow]) -> list[LabelledRow]:
    """Name the splits as everywhere; none where no row names one: the column says something else.

    Raises:
        UserError: Some rows without a fault name a split, and others do not.
    """
    named = [find_named_split(row.split) for row in rows]
    sound = [(row, split) for row, split in zip(rows, named, strict=True) if not row.fault]
    whole = all(split for _, split in sound)
    if not whole and any(split for _, split in sound):
        others = Counter(row.split or "(empty)" for row, split in sound if not split)
        raise UserError(
            f"{table} names the split of {sum(map(bool, named)):,} rows, and of "
            f"{others.total():,} something else",
            expected="train, validation or test (or as folders are called: dev, val, ...) in each",
            received={"split": ", ".join(text for text, _ in others.most_common(_SHOWN))},
            fix="Write these rows' split, or take them out; without the column a part is held out.",
        )
    return [
        row._replace(split=(split or "") if whole else "")
        for row, split in zip(rows, named, strict=True)
    ]
