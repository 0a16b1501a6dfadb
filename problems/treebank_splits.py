"""Which files of a treebank belong to which split: as their folders say, or by their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.declaring.splits import (
    SPLIT_NAMES,
    SPLITS,
    count_held_out,
    find_named_split,
)
from t2t_mm.errors import UserError
from t2t_mm.problems.picture_listing import hash_name
from t2t_mm.problems.treebank_files import TreeFile

FilesBySplit = dict[str, list[TreeFile]]


def split_by_folder(files: Sequence[TreeFile], root: Path) -> FilesBySplit:
    """Split files by the folders `train`, `dev` and the like that they lie in.

    The folders that count lie beside the outermost one that is called `train`, in capitals or not.

    Args:
        files: In the order of their paths.
        root: The folder or .zip in which they were found.

    Returns:
        The files of each split that has a folder; nothing where no folder is one of a split.

    Raises:
        UserError: There are folders of other splits, but none is called `train`.

    Example:
        >>> root = Path("bank.zip")
        >>> files = [TreeFile(root, f"bank/{name}.mrg") for name in ("dev/a", "train/b")]
        >>> found = split_by_folder(files, root)
        >>> {split: [file.name for file in some] for split, some in found.items()}
        {'train': ['b.mrg'], 'validation': ['a.mrg']}
    """
    folders = {file: _list_folders(file, root) for file in files}
    named = {file: [*map(find_named_split, names)] for file, names in folders.items()}
    depths = [splits.index("train") for splits in named.values() if "train" in splits]
    if not depths:
        held_out = {name for names in folders.values() for name in names if find_named_split(name)}
        if held_out:
            raise UserError(
                f"{root} has folders of trees for {', '.join(sorted(held_out))}, none for training",
                expected="a folder named train beside them",
                fix="Rename the folder of training trees, or the others if they are no splits.",
            )
        return {}
    found: FilesBySplit = {split: [] for split in SPLITS}
    others: list[TreeFile] = []
    for file, splits in named.items():
        split = next(iter(splits[min(depths) :]), "")
        (found[split] if split else others).append(file)
    if others:
        known = ", ".join(name for names in SPLIT_NAMES.values() for name in names)
        warn_once(
            f"{root}: left out {len(others):,} files of trees in none of the folders {known}, "
            f"first {others[0]}."
        )
    return {split: some for split, some in found.items() if some}


def split_by_name(
    files: Sequence[TreeFile],
    root: Path,
    validation_share: float = 0.0,
    test_share: float = 0.0,
) -> FilesBySplit:
    """Split files by a hash of their names: 80%, 10% and 10%, at least one each.

    Files of one name in different folders are told apart by their paths.

    Args:
        files: In the order of their paths, at least three.
        root: The folder or .zip in which they were found.
        validation_share: How much of them is for validation instead, if not 0.
        test_share: How much of them is for test instead, if not 0.

    Returns:
        The files of each split, in the order of their paths.
    """
    is_unique = len({file.name for file in files}) == len(files)
    keys = {
        file: file.name if is_unique else "/".join((*_list_folders(file, root), file.name))
        for file in files
    }
    mixed = sorted(files, key=lambda file: (hash_name(keys[file]), keys[file]))
    test = count_held_out(len(files), test_share)
    validation = count_held_out(len(files), validation_share)
    ends = {"test": test, "validation": test + validation, "train": len(files)}
    found: FilesBySplit = {}
    begin = 0
    for split, end in ends.items():
        found[split] = sorted(mixed[begin:end])
        begin = end
    shares = ", ".join(f"{len(found[split]):,} {split}" for split in SPLITS)
    warn_once(f"{root}: {len(files):,} files are split by a hash of their names: {shares}.")
    return {split: found[split] for split in SPLITS}


def _list_folders(file: TreeFile, root: Path) -> tuple[str, ...]:
    """List the names of the folders, from the root on, in which a file lies."""
    inside = file.member or file.path.relative_to(root).as_posix()
    return PurePosixPath(inside).parts[:-1]
