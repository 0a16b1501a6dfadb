"""Which pictures of a folder belong to which split and class: the ways in which folders say it.

split folders     train/cat/1.jpg    val/cat/2.jpg    test/cat/3.jpg
class folders     cat/1.jpg          dog/2.jpg
CS231n            train/n02123045/images/1.JPEG    val/images/2.JPEG    val/val_annotations.txt
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLITS, count_held_out, find_named_split
from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_lines
from t2t_mm.problems.picture_listing import hash_name, is_hidden, is_picture

# The picture's path, and the name of the folder of its class.
LabelledPicture = tuple[Path, str]

_SHOWN = 3


@dataclass
class PictureFolder:
    """What was found in a folder.

    Args:
        splits: The pictures of each split, in an order that depends on their names only and
            mixes the classes.
        classes: The class folders of the training pictures, sorted.
        lists: Files other than pictures that were read.
        held_out: The splits that have pictures out of the training pictures.
    """

    splits: dict[str, list[LabelledPicture]] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)
    lists: list[Path] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)


def find_split_folder(root: Path, split: str) -> Path | None:
    """Find the folder of a split; None where there is none.

    Raises:
        UserError: If there are several, as `val` and `dev`.
    """
    found = [root / name for name in _list_folders(root) if find_named_split(name) == split]
    if len(found) > 1:
        raise UserError(
            f"{root} has several folders for the split {split}",
            expected="one of them",
            received={"folders": [path.name for path in found]},
            fix="Move the others out of it.",
        )
    return found[0] if found else None


def find_annotations(folder: Path) -> Path | None:
    """Find the file that gives the classes of a split's pictures, as `val_annotations.txt`."""
    path = folder / f"{folder.name}_annotations.txt"
    return path if path.is_file() else None


def is_labelled(folder: Path) -> bool:
    """Return whether a split's folder says the classes of its pictures (CS231n's `test` not)."""
    return find_annotations(folder) is not None or bool(set(_list_folders(folder)) - {"images"})


def read_split_folders(root: Path, train: Path, shares: Mapping[str, float]) -> PictureFolder:
    """Find the pictures of a folder that has a `train` folder.

    Args:
        root: The folder.
        train: Its folder of training pictures.
        shares: The splits to hold out where they have no pictures, with how much of the training
            pictures; see `count_held_out`.

    Raises:
        UserError: If pictures of validation or test have a class without training pictures, or
            an annotated picture is not there.
    """
    found = PictureFolder()
    found.splits["train"] = _read_class_folders(train, _list_folders(train))
    found.classes = sorted({label for _, label in found.splits["train"]})
    for split in SPLITS[1:]:
        folder = find_split_folder(root, split)
        if folder is None:
            continue
        if not is_labelled(folder):
            warn_once(f"{folder} does not say the classes of its pictures; it is left out.")
        elif listed := find_annotations(folder):
            found.splits[split] = _read_annotations(folder, listed, found.classes)
            found.lists.append(listed)
        else:
            _check_known(folder, _list_folders(folder), found.classes)
            found.splits[split] = _read_class_folders(folder, _list_folders(folder))
    _hold_out(found, root, {split: n for split, n in shares.items() if split not in found.splits})
    return found


def read_class_folders(root: Path, shares: Mapping[str, float]) -> PictureFolder:
    """Find the pictures of a folder whose folders are the classes; some are held out.

    Args:
        root: The folder.
        shares: The splits to hold out, with how much of all pictures; see `count_held_out`.

    Raises:
        UserError: If a folder is a data set of its own, or only has validation or test pictures.
    """
    found = PictureFolder()
    folders = _list_folders(root)
    for name in folders:
        if find_split_folder(root / name, "train"):
            raise UserError(
                f"{root} holds a data set in a folder of its own, {name}",
                expected="folders named by classes, or a folder named train",
                received={"folders": folders[:10]},
                fix=f"Name the problem image_folder/{name}.",
            )
    if named := [name for name in folders if find_named_split(name)]:
        raise UserError(
            f"{root} has no training pictures, but pictures for {', '.join(named)}",
            expected="a folder named train beside them, with the folders of classes in it",
            received={"folders": folders[:10]},
            fix="Rename such a folder if it is a class.",
        )
    found.splits["train"] = _read_class_folders(root, folders)
    found.classes = sorted({label for _, label in found.splits["train"]})
    _hold_out(found, root, shares)
    return found


def _hold_out(found: PictureFolder, root: Path, shares: Mapping[str, float]) -> None:
    """Take pictures out of the training pictures, in their order, which is that of hashes.

    The last picture of a class stays: nobody could know the class of one that is held out alone.
    """
    pictures = found.splits["train"]
    left = Counter(label for _, label in pictures)
    rooms = {split: count_held_out(len(pictures), share) for split, share in shares.items()}
    taken: dict[str, list[LabelledPicture]] = {"train": [], **{split: [] for split in rooms}}
    for picture in pictures:
        split = next((split for split, room in rooms.items() if len(taken[split]) < room), "train")
        if left[picture[1]] == 1:
            split = "train"
        left[picture[1]] -= split != "train"
        taken[split].append(picture)
    found.splits |= taken
    found.held_out = [*rooms]
    if rooms:
        counts = " and ".join(f"{len(taken[split]):,} for {split}" for split in rooms)
        warn_once(
            f"{root}: of {len(pictures):,} pictures {counts} are held out, chosen by a hash of "
            "their paths."
        )


def _read_class_folders(folder: Path, classes: Iterable[str]) -> list[LabelledPicture]:
    """Find the pictures in folders named by their class, and in folders of these."""
    others: Counter[str] = Counter()
    pictures = []
    for label in classes:
        for path in _walk_files(folder / label):
            if is_picture(path):
                pictures.append((path, label))
            else:
                others[path.suffix.lower() or path.name] += 1
    _tell_others(folder, others)
    return _mix_classes(folder, pictures)


def _read_annotations(folder: Path, listed: Path, classes: list[str]) -> list[LabelledPicture]:
    """Read lines of name, class and perhaps more, between tabs."""
    there = {path.name: path for path in _walk_files(folder) if is_picture(path)}
    pictures, absent = [], []
    known = set(classes)
    for number, line in enumerate(decode_lines(listed), start=1):
        if not line.strip():
            continue
        name, _, rest = line.partition("\t")
        label = rest.partition("\t")[0].strip()
        if label not in known:
            raise UserError(
                f"{listed}, line {number}: a class without training pictures",
                expected="the name of a picture, a tab and one of the folders of train",
                received={"line": line[:80]},
            )
        if path := there.pop(name, None):
            pictures.append((path, label))
        else:
            absent.append(f"{name} (line {number})")
    if absent:
        raise UserError(
            f"{listed} names pictures that are not there: {len(absent):,} of "
            f"{len(absent) + len(pictures):,}, first {', '.join(absent[:_SHOWN])}",
            expected=f"them in {folder} or a folder below",
            fix="Add the pictures or take their lines out.",
        )
    if there:
        warn_once(f"{folder}: left out {len(there):,} pictures that {listed.name} does not name.")
    return _mix_classes(folder, pictures)


def _check_known(folder: Path, folders: Iterable[str], classes: Iterable[str]) -> None:
    unknown = sorted(set(folders).difference(classes))
    if unknown:
        raise UserError(
            f"{folder} has classes without training pictures",
            expected="folders with the names of those of train",
            received={"folders": unknown[:10]},
            fix=f"Rename them, or move {folder.name} away if nobody knows these classes.",
        )


def _tell_others(folder: Path, others: Counter[str]) -> None:
    if others:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(others.items())[:10])
        warn_once(f"{folder}: left out {others.total():,} files that are no pictures ({kinds}).")


def _mix_classes(folder: Path, pictures: list[LabelledPicture]) -> list[LabelledPicture]:
    """Order pictures by a hash of their path, so that the first ones are of every class."""
    return sorted(pictures, key=lambda picture: _hash_path(picture, folder))


def _hash_path(picture: LabelledPicture, folder: Path) -> int:
    return hash_name(picture[0].relative_to(folder).as_posix())


def _list_folders(folder: Path) -> list[str]:
    return sorted(
        entry.name for entry in os.scandir(folder) if entry.is_dir() and not is_hidden(entry.name)
    )


def _walk_files(folder: Path) -> Iterator[Path]:
    for directory, subdirectories, filenames in os.walk(folder, followlinks=True):
        subdirectories[:] = [name for name in subdirectories if not is_hidden(name)]
        yield from (Path(directory, name) for name in filenames if not is_hidden(name))
