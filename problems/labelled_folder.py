r"""Which files of a folder belong to which split and class: the ways in which folders say it.

split folders     train/cat/1.jpg    val/cat/2.jpg    test/cat/3.jpg
class folders     cat/1.jpg    dog/2.jpg    perhaps validation_list.txt and testing_list.txt
names             cat_1.jpg          with the pattern (?P<label>[a-z]+)_.*
tables            metadata.csv, train.csv and the like: see `labelled_table`
shards            train-000000.tar, train-00000-of-00002.parquet: see `packed_tables`
CS231n            train/n02123045/images/1.JPEG    val/images/2.JPEG    val/val_annotations.txt
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLITS, find_named_split
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.files.packed_files import PackedFile
from t2t_mm.problems.class_annotations import find_annotations, read_annotations
from t2t_mm.problems.class_names import find_class_names
from t2t_mm.problems.file_kinds import FileKind, list_folders, walk_files
from t2t_mm.problems.label_pattern import match_names
from t2t_mm.problems.labelled_set import LabelledSet
from t2t_mm.problems.labelled_table import (
    LabelledRow,
    TableReader,
    find_metadata,
    find_only_table,
    find_split_tables,
    list_explainable,
    list_tables,
)
from t2t_mm.problems.named_columns import USUAL_NAMES, find_columns
from t2t_mm.problems.packed_tables import find_packed_splits, is_packed, list_watched_files
from t2t_mm.problems.picture_listing import hash_name
from t2t_mm.problems.split_lists import divide_by_lists, find_split_lists

_WITHOUT_CLASS = ("unsup", "unlabeled", "unlabelled", "_background_noise_")
"""As in the movie reviews of Maas et al. and in Speech Commands."""


def find_split_folder(root: Path, split: str) -> Path | None:
    """Find the folder of a split; None where there is none.

    Raises:
        UserError: If there are several, as `val` and `dev`.
    """
    found = [root / name for name in list_folders(root) if find_named_split(name) == split]
    if len(found) > 1:
        raise UserError(
            f"{root} has several folders for the split {split}",
            expected="one of them",
            received={"folders": [path.name for path in found]},
            fix="Move the others out of it.",
        )
    return found[0] if found else None


@dataclass
class LabelledFolder:
    """A folder whose files have classes.

    Args:
        root: The folder, of splits or of classes or with a table; or a table itself.
        kind: Which files count.
        label_pattern: Which names of files say what class; see `Problem`.
        columns: Which columns of tables hold what; see `Problem`.
    """

    root: Path
    kind: FileKind
    label_pattern: str = ""
    columns: str = ""

    def read(self, shares: Mapping[str, float]) -> LabelledSet:
        """Find the files of each split with their classes.

        Args:
            shares: How much of the training files to hold out for `validation` and for `test`
                where they have none; see `count_held_out`. Where there are splits 0 for test means
                that there is no such split.

        Raises:
            UserError: If the folder is a data set of its own or has no training files, if files of
                validation or test have a class without training files, or a file that is named is
                not there.
        """
        found = LabelledSet()
        sources = self._find_sources()
        for split, source in sources.items():
            lacks = f"{source} does not say the classes of its {self.kind.plural}"
            found.add_split(split, partial(self._read_source, found, source), lacks)
        found.tell_unnamed(found.lists, self.kind)
        if sources == {"train": self.root} and [*found.splits] == ["train"]:
            self._divide(found)
        found.splits = {name: found.splits.get(name, []) for name in ("train", *found.splits)}
        found.drop_repeated(self.root, self.kind.plural)
        found.classes = sorted({row.label for row in found.splits["train"]})
        if len(found.classes) < 2 and not self.label_pattern:
            self._explain_table()
        for split, rows in found.splits.items():
            self._check_known(sources.get(split, self.root), rows, found.classes)
            found.splits[split] = self._mix_classes(sources.get(split, self.root), rows)
        has_splits = len(found.splits) > 1 or sources["train"] != self.root
        wanted = SPLITS[1:] if not has_splits or shares["test"] else SPLITS[1:2]
        found.hold_out({name: shares[name] for name in wanted}, f"{self.root}", self.kind.plural)
        return found

    def _divide(self, found: LabelledSet) -> None:
        """Take what lists beside the classes name out of the training files."""
        if lists := find_split_lists(self.root):
            rows = found.splits["train"]
            found.splits = divide_by_lists(rows, lists, self.root, self.kind.plural)
            found.lists += lists.values()

    def _explain_table(self) -> None:
        """Raise what is wrong with the table that could have said the classes, if there is one."""
        tables = list_explainable(self.root)
        if self.root.is_dir() and not self._table and tables:
            with collect_odd_items():
                self._tables.read(tables[0])

    @cached_property
    def _tables(self) -> TableReader:
        return TableReader(self.root, self.kind, self.columns)

    @cached_property
    def _table(self) -> Path | None:
        """The table of the whole folder: its metadata, or the only one with the right columns."""
        metadata = find_metadata(self.root)
        if metadata and self._tables.can_read(metadata):
            return metadata
        return find_only_table(self.root, self._tables)

    @cached_property
    def _table_rows(self) -> list[LabelledRow]:
        return self._tables.read(self._table) if self._table else []

    def _find_sources(self) -> dict[str, Path]:
        """Find the folder or table of each split; the root where nothing is named as one."""
        if self.root.is_file():
            return {"train": self.root}
        if packed := self._find_packed():
            return packed
        folders = {split: find_split_folder(self.root, split) for split in SPLITS}
        if folders["train"] and not self._is_plain(folders["train"]):
            return {split: folder for split, folder in folders.items() if folder}
        tables = find_split_tables(self.root)
        if "train" in tables and self._tables.can_read(tables["train"]):
            return {split: path for split, path in tables.items() if self._has_classes(path)}
        if folders["train"]:
            return {split: folder for split, folder in folders.items() if folder}
        self._check_class_folders()
        return {"train": self.root}

    def _has_classes(self, table: Path) -> bool:
        """Return whether the table of a split has the columns of train's; else that is told.

        Raises:
            UserError: Its first row is malformed.
        """
        if self._tables.can_read(table):
            return True
        find_columns(table, USUAL_NAMES, self.columns)
        warn_once(f"{table} is left out: it does not say the classes of its {self.kind.plural}.")
        return False

    def _is_plain(self, folder: Path) -> bool:
        """Return whether a split's folder holds files alone, and nothing there says their class."""
        says = self.label_pattern or list_folders(folder) or find_metadata(folder)
        return not says and not find_annotations(folder)

    def _find_packed(self) -> dict[str, Path]:
        """Find the shards of each split, where there is nothing else that can be read."""
        files = filter(self.kind.fits, walk_files(self.root))
        if any(self.label_pattern or path.parent != self.root for path in files):
            return {}  # what lies beside the folders, as words.txt, has no class
        folders = [self.root, *(self.root / name for name in list_folders(self.root))]
        tables = {table for folder in folders for table in list_tables(folder)}
        if any(map(self._tables.can_read, tables - {find_class_names(self.root)})):
            return {}
        return find_packed_splits(self.root)

    def _check_class_folders(self) -> None:
        """Refuse a folder of data sets, and one that only has validation or test files."""
        folders = list_folders(self.root)
        for name in folders:
            if find_split_folder(self.root / name, "train"):
                raise UserError(
                    f"{self.root} holds a data set in a folder of its own, {name}",
                    expected="folders named by classes, or a folder named train",
                    received={"folders": folders[:10]},
                    fix=f"Put /{name} behind the problem's name.",
                )
        if named := [name for name in folders if find_named_split(name)]:
            kinds = self.kind.plural
            raise UserError(
                f"{self.root} has no training {kinds}, but {kinds} for {', '.join(named)}",
                expected="a folder named train beside them, with the folders of classes in it",
                received={"folders": folders[:10]},
                fix="Rename such a folder if it is a class.",
            )

    def _read_source(self, found: LabelledSet, source: Path) -> list[LabelledRow]:
        """Find the files of a split by the first of the ways that says their classes."""
        if is_packed(source):
            found.lists += list_watched_files(source)
            return self._tables.read(source)
        if self.label_pattern:
            is_trained_on = find_named_split(source.name) not in SPLITS[1:]
            return match_names(source, self.label_pattern, self.kind, must_fit=is_trained_on)
        table = source if source.is_file() else find_metadata(source)
        if table and (table == source or self._tables.can_read(table)):
            found.lists.append(table)
            return self._tables.read(table)
        if listed := find_annotations(source):
            found.lists.append(listed)
            known = {row.label for row in found.splits.get("train", ())}
            return read_annotations(source, listed, self.kind, known)
        rows = self._read_classes(source)
        if len({row.label for row in rows}) < 2 or find_metadata(self.root) or self.columns:
            in_table = [row for row in self._table_rows if self._lies_in(row, source)]
            if self._table and in_table and not (rows and all(row.fault for row in in_table)):
                found.lists.append(self._table)
                return in_table
        else:
            self._tell_unused_table(rows)
        return rows

    def _tell_unused_table(self, rows: list[LabelledRow]) -> None:
        """Tell of a table that says other classes of the files than their folders do."""
        with suppress(UserError), collect_odd_items():  # of tables that nobody need have meant
            if not (table := self._table):
                return
            said = {row.value: row.label for row in self._table_rows if not row.fault}
            if any(said.get(row.value, row.label) != row.label for row in rows):
                warn_once(
                    f"{table} is left out: the folders say the classes of the {self.kind.plural}. "
                    "--columns of t2t-datagen, which names its columns, takes those of the table."
                )

    def _read_classes(self, source: Path) -> list[LabelledRow]:
        """Find the files in folders named by their class, and in folders of these."""
        others: Counter[str] = Counter()
        rows = []
        folders = list_folders(source)
        without = [name for name in folders if name.lower() in _WITHOUT_CLASS]
        if len(folders) < len(without) + 2:
            without = []
        for name in without:
            warn_once(f"{source / name} is left out: it is named as what has no class.")
        for label in folders if set(folders) - {"images"} else ():
            if label in without:
                continue
            for path in walk_files(source / label):
                if self.kind.fits(path):
                    rows.append(LabelledRow(path, label))
                else:
                    others[path.suffix.lower() or path.name] += 1
        if others and rows:
            shown = ", ".join(f"{count:,} {end}" for end, count in sorted(others.items())[:10])
            kinds = self.kind.plural
            warn_once(f"{source}: left out {others.total():,} files that are no {kinds} ({shown}).")
        return rows

    def _lies_in(self, row: LabelledRow, source: Path) -> bool:
        if source == self.root or (row.fault and not isinstance(row.value, Path)):
            return True  # what nobody finds lies anywhere
        return isinstance(row.value, Path) and row.value.is_relative_to(source)

    def _check_known(self, source: Path, rows: list[LabelledRow], classes: list[str]) -> None:
        unknown = sorted({row.label for row in rows}.difference(classes))
        if unknown:
            raise UserError(
                f"{source} has classes without training {self.kind.plural}",
                expected="the classes of train",
                received={"classes": unknown[:10]},
                fix=f"Rename them, or move {source.name} away if nobody knows these classes.",
            )

    def _mix_classes(self, source: Path, rows: list[LabelledRow]) -> list[LabelledRow]:
        """Order files by a hash of their path, so that the first ones are of every class."""
        return sorted(rows, key=lambda row: hash_name(self._name(row.value, source)))

    def _name(self, value: Path | str | PackedFile, source: Path) -> str:
        """Return what a file is called in its split's folder; a text is its own name."""
        if isinstance(value, PackedFile):
            return value.key
        if isinstance(value, str):
            return value
        folder = source if value.is_relative_to(source) else self.root
        inside = value.relative_to(folder) if value.is_relative_to(folder) else value
        return inside.as_posix()
