"""Files or texts with their classes, by split; and what is held out of those for training."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import count_held_out, find_named_split
from t2t_mm.files.odd_items import collect_odd_items
from t2t_mm.files.packed_files import PackedFile
from t2t_mm.problems.file_kinds import FileKind, walk_files
from t2t_mm.problems.labelled_table import LabelledRow
from t2t_mm.problems.named_columns import TABLE_SUFFIXES


@dataclass
class LabelledSet:
    """What was found in a folder.

    Args:
        splits: The files, or texts, of each split, in an order that depends on their names only
            and mixes the classes.
        classes: The classes of the training files, sorted.
        lists: Files that were read to know the classes.
        held_out: The splits that have files out of the training files.
        odd: What nobody can read in the list of each split: see `leave_out`.
    """

    splits: dict[str, list[LabelledRow]] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)
    lists: list[Path] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)
    odd: dict[str, list[str]] = field(default_factory=dict)

    def add_split(self, split: str, read: Callable[[], list[LabelledRow]], lacks: str) -> None:
        """Add what the source of a split says; one that says nothing is left out and told.

        Args:
            split: That of rows which name none.
            read: Reads the source.
            lacks: What it lacks where there are no rows, as a sentence without its end.
        """
        with collect_odd_items() as odd:
            rows = read()
        odd_in = {split: odd}
        for row in rows:
            if row.fault:
                odd_in.setdefault(row.split or split, []).append(row.fault)
            else:
                self.splits.setdefault(row.split or split, []).append(row)
        for name, reasons in odd_in.items():
            if name == "train" or name in self.splits:
                self.odd.setdefault(name, []).extend(reasons)
            elif reasons or not rows:
                what = "; it" if name == split else f" of {name}; that split"
                warn_once(f"{lacks}{what} is left out.")

    def drop_repeated(self, root: Path, what: str) -> None:
        """Take out, and tell, files that a link shows a second time, in any class or split.

        Args:
            root: The folder they lie in; it may be a link itself.
            what: What they are, as "pictures".
        """
        places = _find_places(self._list_paths())
        if len({*places.values()}) == len(places):
            return
        first: dict[str, Path] = {}
        real_root = os.path.realpath(root)
        for path, place in places.items():
            inside = path.relative_to(root) if path.is_relative_to(root) else path
            if os.path.abspath(os.path.join(real_root, inside)) == place:  # reached by no link
                first.setdefault(place, path)
        for path, place in places.items():
            first.setdefault(place, path)
        again = [path for path, place in places.items() if first[place] != path]
        left_out = {*again}
        self.splits = {
            split: [row for row in rows if row.value not in left_out]
            for split, rows in self.splits.items()
        }
        warn_once(
            f"{root}: left out {len(again):,} {what} that links show once more, first "
            f"{again[0]}, which is {first[places[again[0]]]}."
        )

    def tell_unnamed(self, tables: Iterable[Path], kind: FileKind, says: str = "label") -> None:
        """Tell how many files beside tables, or below, are left out since no row names them.

        Those in the folder of a split without examples are left out, and not told: nobody need
        have meant them.

        Args:
            tables: Of all splits. Those of texts name no files, and what lies in shards is no file.
            kind: Which files.
            says: What the tables say of each.
        """
        named = {*_find_places(self._list_paths()).values()}
        folders: dict[Path, list[str]] = {}
        for table in dict.fromkeys(tables) if named else ():
            if table.suffix in TABLE_SUFFIXES:
                folders.setdefault(table.parent, []).append(table.name)
        for folder, names in folders.items():
            places = _find_places(path for path in walk_files(folder) if kind.fits(path))
            inside = (path.relative_to(folder) for path, at in places.items() if at not in named)
            others = [path for path in inside if self._may_hold_examples(path.parts[:-1])]
            if others:
                warn_once(
                    f"{folder}: left out {len(others):,} {kind.plural} that no row with a "
                    f"{says} names in {', '.join(names)}, first {others[0]}."
                )

    def _may_hold_examples(self, folders: Sequence[str]) -> bool:
        named = {split for name in folders if (split := find_named_split(name))}
        return named <= self.splits.keys()

    def _list_paths(self) -> Iterator[Path]:
        values = (row.value for rows in self.splits.values() for row in rows)
        return (value for value in values if isinstance(value, Path))

    def hold_out(self, shares: Mapping[str, float], where: str, what: str) -> None:
        """Take files out of the training files, in their order, which is that of hashes.

        The last file of a class stays: nobody could know the class of one that is held out alone.
        Equal texts, and rows that name one file, come in a row and stay together. They are held
        out if none of their classes ends with them, and if they are not more than all that is to be
        held out; where all that may go are, the fewest go.

        Args:
            shares: How much of the training files is for which split, if that has none; see
                `count_held_out`.
            where: Where they lie, for what is told.
            what: What they are, as "pictures".
        """
        rows = self.splits["train"]
        rooms = {
            split: count_held_out(len(rows), share)
            for split, share in shares.items()
            if split not in self.splits
        }
        taken: dict[str, list[LabelledRow]] = {"train": [], **{split: [] for split in rooms}}
        groups = [[*equal] for _, equal in groupby(rows, key=_name_equal)]
        for split, group in zip(_choose_splits(groups, rooms), groups, strict=True):
            taken[split] += group
        whole = self.splits | taken
        self.splits = {split: sorted(some, key=_order_reading) for split, some in whole.items()}
        self.held_out = [*rooms]
        if rooms and rows:
            counts = " and ".join(f"{len(taken[split]):,} for {split}" for split in rooms)
            keys = "of their text" if isinstance(rows[0].value, str) else "of their paths"
            warn_once(
                f"{where}: of {len(rows):,} {what} {counts} are held out, chosen by a hash {keys}."
            )


def _find_places(paths: Iterable[Path]) -> dict[Path, str]:
    """Find where files really lie, each folder looked up once."""
    folders: dict[Path, str] = {}
    places: dict[Path, str] = {}
    for path in paths:
        if path in places:
            continue
        if path.parent not in folders:
            folders[path.parent] = os.path.realpath(path.parent)
        is_link = os.path.islink(path)
        places[path] = os.path.realpath(path) if is_link else f"{folders[path.parent]}/{path.name}"
    return places


def _choose_splits(groups: Sequence[list[LabelledRow]], rooms: Mapping[str, int]) -> list[str]:
    """Choose the split of each group of equal rows.

    Where all groups that may go are larger than a split's room, the smallest of them goes there:
    a split without examples would be an error.
    """
    chosen = ["train"] * len(groups)
    filled = dict.fromkeys(rooms, 0)
    left = Counter(row.label for group in groups for row in group)

    def may_go(group: list[LabelledRow]) -> bool:
        return all(count < left[label] for label, count in _count_labels(group).items())

    def take(place: int, split: str) -> None:
        chosen[place] = split
        filled[split] += len(groups[place])
        left.subtract(_count_labels(groups[place]))

    for place, group in enumerate(groups):
        wide = (name for name, room in rooms.items() if filled[name] < room >= len(group))
        if (split := next(wide, "")) and may_go(group):
            take(place, split)
    for split in (name for name, number in filled.items() if not number):
        others = (place for place, name in enumerate(chosen) if name == "train")
        movable = [place for place in others if may_go(groups[place])]
        if movable:
            take(min(movable, key=lambda place: len(groups[place])), split)
    return chosen


def _count_labels(group: list[LabelledRow]) -> Counter[str]:
    return Counter(row.label for row in group)


def _name_equal(row: LabelledRow) -> Path | str:
    """Return what is the same for equal texts, and for rows that name one file."""
    return row.value.key if isinstance(row.value, PackedFile) else row.value


def _order_reading(row: LabelledRow) -> tuple[int, int]:
    """Put those that lie together in a file after one another; others stay as they are."""
    return row.value.order if isinstance(row.value, PackedFile) else (0, 0)
