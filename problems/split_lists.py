"""Lists of a split's files beside folders of classes: validation_list.txt of Speech Commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import SPLITS, find_named_split
from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_lines
from t2t_mm.problems.labelled_table import LabelledRow

_END = "_list.txt"
Rows = list[LabelledRow]


def find_split_lists(root: Path) -> dict[str, Path]:
    """Find the list of each held-out split, as `validation_list.txt` and `testing_list.txt`.

    Raises:
        UserError: If a split has several.
    """
    lists: dict[str, Path] = {}
    for path in sorted(root.glob(f"*{_END}")):
        split = find_named_split(path.name.removesuffix(_END))
        if split not in SPLITS[1:]:
            continue
        if split in lists:
            raise UserError(
                f"{root} has several lists for the split {split}",
                expected="one of them",
                received={"files": [lists[split].name, path.name]},
                fix="Move the others out of it.",
            )
        lists[split] = path
    return lists


def divide_by_lists(
    rows: Rows, lists: Mapping[str, Path], root: Path, what: str
) -> dict[str, Rows]:
    """Take the files that lists name out of the training files.

    What a list names and nobody finds is told: one may use a few of the classes only.

    Args:
        rows: All files.
        lists: From `find_split_lists`; a line is the path of a file from `root`.
        root: The folder.
        what: What the files are, as "sounds".

    Returns:
        The rows of train and of each list.

    Raises:
        UserError: A list names none of the files, or one that another list names, too; or there are
            no files, but rows of a table.
    """
    if not any(isinstance(row.value, Path) for row in rows):
        raise _make_rows_error([*lists.values()], what)
    there = {row.value for row in rows}
    split_of: dict[object, str] = {}
    for split, path in lists.items():
        named = dict.fromkeys(line.strip() for line in decode_lines(path) if line.strip())
        found = {root / name: name for name in named if root / name in there}
        if not found:
            raise UserError(
                f"{path} names none of the {what} in the folders beside it",
                expected=f"paths from {root}, a line each, as CLASS/NAME",
                received={"first line": next(iter(named), "")[:80]},
                fix="Rename it if it is no list of a split.",
            )
        if twice := [name for place, name in found.items() if place in split_of]:
            raise UserError(
                f"{path} names {what} that another list names, too",
                expected="each in one of them",
                received={"number": len(twice), "first": twice[0]},
            )
        split_of |= dict.fromkeys(found, split)
        if absent := len(named) - len(found):
            warn_once(f"{path} names {absent:,} {what} that are not there.")
    divided: dict[str, Rows] = {"train": [], **{split: [] for split in lists}}
    for row in rows:
        divided[split_of.get(row.value, "train")].append(row)
    return divided


def _make_rows_error(lists: Sequence[Path], what: str) -> UserError:
    return UserError(
        f"{lists[0]} is a list of files, and the {what} beside it are rows of a table",
        expected="a column `split` that says train, validation or test in each row, or a table for "
        "each split, as train.csv and validation.csv",
        received={"lists": [path.name for path in lists]},
        fix="Say the splits in such a way, and move the lists away.",
    )
