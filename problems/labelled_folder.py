"""Which files of a folder belong to which split and class: the ways in which folders say it.

split folders     train/cat/1.jpg    val/cat/2.jpg    test/cat/3.jpg
class folders     cat/1.jpg          dog/2.jpg
CS231n            train/n02123045/images/1.JPEG    val/images/2.JPEG    val/val_annotations.txt
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLITS, count_held_out, find_named_split
from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_lines
from t2t_mm.problems.file_kinds import FileKind, list_folders, walk_files
from t2t_mm.problems.picture_listing import hash_name

# The path of a file, and the name of its class.
LabelledFile = tuple[Path, str]

_SHOWN = 3


@dataclass
class LabelledSet:
    """What was found in a folder.

    Args:
        splits: The files of each split, in an order that depends on their names only and mixes
            the classes.
        classes: The classes of the training files, sorted.
        lists: Files that were read to know the classes.
        held_out: The splits that have files out of the training files.
    """

    splits: dict[str, list[LabelledFile]] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)
    lists: list[Path] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)


def read_labelled_folder(root: Path, kind: FileKind, shares: Mapping[str, float]) -> LabelledSet:
    """Find the files of each split with their classes.

    Args:
        root: The folder: of split folders with `train` among them, or of class folders.
        kind: Which files count.
        shares: How much of the training files to hold out for `validation` and for `test` where
            they have none; see `count_held_out`. Beside a folder named `train` 0 for test means
            that there is no such split.

    Raises:
        UserError: If the folder is a data set of its own or has no training files, if files of
            validation or test have a class without training files, or an annotated file is not
            there.
    """
    found = LabelledSet()
    train = find_split_folder(root, "train")
    if train is None:
        _check_class_folders(root, kind)
    found.splits["train"] = _read_class_folders(train or root, kind)
    found.classes = sorted({label for _, label in found.splits["train"]})
    for split in SPLITS[1:] if train else ():
        if folder := find_split_folder(root, split):
            _read_split_folder(found, split, folder, kind)
    wanted = SPLITS[1:] if train is None or shares["test"] else SPLITS[1:2]
    _hold_out(found, root, kind, {name: shares[name] for name in wanted})
    return found


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


def find_annotations(folder: Path) -> Path | None:
    """Find the file that gives the classes of a split's files, as `val_annotations.txt`."""
    path = folder / f"{folder.name}_annotations.txt"
    return path if path.is_file() else None


def is_labelled(folder: Path) -> bool:
    """Return whether a split's folder says the classes of its files (CS231n's `test` not)."""
    return find_annotations(folder) is not None or bool(set(list_folders(folder)) - {"images"})


def _check_class_folders(root: Path, kind: FileKind) -> None:
    """Refuse a folder of data sets, and one that only has validation or test files."""
    folders = list_folders(root)
    for name in folders:
        if find_split_folder(root / name, "train"):
            raise UserError(
                f"{root} holds a data set in a folder of its own, {name}",
                expected="folders named by classes, or a folder named train",
                received={"folders": folders[:10]},
                fix=f"Put /{name} behind the problem's name.",
            )
    if named := [name for name in folders if find_named_split(name)]:
        raise UserError(
            f"{root} has no training {kind.plural}, but {kind.plural} for {', '.join(named)}",
            expected="a folder named train beside them, with the folders of classes in it",
            received={"folders": folders[:10]},
            fix="Rename such a folder if it is a class.",
        )


def _read_split_folder(found: LabelledSet, split: str, folder: Path, kind: FileKind) -> None:
    if not is_labelled(folder):
        warn_once(f"{folder} does not say the classes of its {kind.plural}; it is left out.")
        return
    if listed := find_annotations(folder):
        found.splits[split] = _read_annotations(folder, listed, kind, found.classes)
        found.lists.append(listed)
    else:
        found.splits[split] = _read_class_folders(folder, kind)
        _check_known(folder, found.splits[split], kind, found.classes)


def _hold_out(found: LabelledSet, root: Path, kind: FileKind, shares: Mapping[str, float]) -> None:
    """Take files out of the training files, in their order, which is that of hashes.

    The last file of a class stays: nobody could know the class of one that is held out alone.
    """
    files = found.splits["train"]
    left = Counter(label for _, label in files)
    rooms = {
        split: count_held_out(len(files), share)
        for split, share in shares.items()
        if split not in found.splits
    }
    taken: dict[str, list[LabelledFile]] = {"train": [], **{split: [] for split in rooms}}
    for file in files:
        split = next((split for split, room in rooms.items() if len(taken[split]) < room), "train")
        if left[file[1]] == 1:
            split = "train"
        left[file[1]] -= split != "train"
        taken[split].append(file)
    found.splits |= taken
    found.held_out = [*rooms]
    if rooms:
        counts = " and ".join(f"{len(taken[split]):,} for {split}" for split in rooms)
        warn_once(
            f"{root}: of {len(files):,} {kind.plural} {counts} are held out, chosen by a hash of "
            "their paths."
        )


def _read_class_folders(folder: Path, kind: FileKind) -> list[LabelledFile]:
    """Find the files in folders named by their class, and in folders of these."""
    others: Counter[str] = Counter()
    files = []
    for label in list_folders(folder):
        for path in walk_files(folder / label):
            if kind.fits(path):
                files.append((path, label))
            else:
                others[path.suffix.lower() or path.name] += 1
    if others:
        suffixes = ", ".join(f"{count:,} {suffix}" for suffix, count in sorted(others.items())[:10])
        warn_once(
            f"{folder}: left out {others.total():,} files that are no {kind.plural} ({suffixes})."
        )
    return _mix_classes(folder, files)


def _read_annotations(
    folder: Path, listed: Path, kind: FileKind, classes: Iterable[str]
) -> list[LabelledFile]:
    """Read lines of name, class and perhaps more, between tabs."""
    there = {path.name: path for path in walk_files(folder) if kind.fits(path)}
    files, absent = [], []
    known = set(classes)
    for number, line in enumerate(decode_lines(listed), start=1):
        if not line.strip():
            continue
        name, _, rest = line.partition("\t")
        label = rest.partition("\t")[0].strip()
        if label not in known:
            raise UserError(
                f"{listed}, line {number}: a class without training {kind.plural}",
                expected=f"the name of a {kind.name}, a tab and one of the folders of train",
                received={"line": line[:80]},
            )
        if path := there.pop(name, None):
            files.append((path, label))
        else:
            absent.append(f"{name} (line {number})")
    if absent:
        raise UserError(
            f"{listed} names {kind.plural} that are not there: {len(absent):,} of "
            f"{len(absent) + len(files):,}, first {', '.join(absent[:_SHOWN])}",
            expected=f"them in {folder} or a folder below",
            fix=f"Add the {kind.plural} or take their lines out.",
        )
    if there:
        warn_once(
            f"{folder}: left out {len(there):,} {kind.plural} that {listed.name} does not name."
        )
    return _mix_classes(folder, files)


def _check_known(
    folder: Path, files: Iterable[LabelledFile], kind: FileKind, classes: Iterable[str]
) -> None:
    unknown = sorted({label for _, label in files}.difference(classes))
    if unknown:
        raise UserError(
            f"{folder} has classes without training {kind.plural}",
            expected="the classes of train",
            received={"classes": unknown[:10]},
            fix=f"Rename them, or move {folder.name} away if nobody knows these classes.",
        )


def _mix_classes(folder: Path, files: list[LabelledFile]) -> list[LabelledFile]:
    """Order files by a hash of their path, so that the first ones are of every class."""
    return sorted(files, key=lambda file: hash_name(file[0].relative_to(folder).as_posix()))
