"""Which files of a treebank belong to which split."""

from pathlib import Path

from t2t_mm.problems.treebank_files import TreeFile
from t2t_mm.problems.treebank_splits import split_by_folder, split_by_name

ROOT = Path("bank.zip")


def in_zip(*names: str) -> list[TreeFile]:
    return [TreeFile(ROOT, name) for name in names]


def test_only_folders_beside_the_outermost_train_count() -> None:
    files = in_zip("test/train/1.mrg", "train/test/2.mrg", "train/3.mrg")
    assert split_by_folder(files, ROOT) == {"train": files[1:], "test": files[:1]}


def test_folders_of_splits_may_be_in_capitals() -> None:
    files = in_zip("Bank/TEST/1.mrg", "Bank/Training/2.mrg", "Bank/Dev/3.mrg")
    assert split_by_folder(files, ROOT) == {
        "train": files[1:2],
        "validation": files[2:],
        "test": files[:1],
    }


def test_no_folder_of_a_split_no_splits() -> None:
    assert split_by_folder(in_zip("a/1.mrg", "b/2.mrg"), ROOT) == {}


def test_the_folder_that_holds_everything_does_not_count() -> None:
    root = Path("/corpora/train")
    assert split_by_folder([TreeFile(root / "a" / "1.mrg")], root) == {}


def test_the_split_by_name_does_not_depend_on_the_folder() -> None:
    names = [f"{number}.mrg" for number in range(40)]
    flat = split_by_name(in_zip(*names), ROOT)
    deep = split_by_name(in_zip(*(f"x/{name}" for name in names)), ROOT)
    assert {split: [file.name for file in some] for split, some in flat.items()} == {
        split: [file.name for file in some] for split, some in deep.items()
    }


def test_files_of_one_name_are_not_all_of_one_split() -> None:
    files = in_zip(*(f"{number}/trees.mrg" for number in range(20)))
    found = split_by_name(files, ROOT)
    assert {split: len(some) for split, some in found.items()} == {
        "train": 16,
        "validation": 2,
        "test": 2,
    }


def test_names_that_are_no_utf8_are_split_as_others() -> None:
    files = [TreeFile(Path("bank"), f"caf\udce9{n}.mrg") for n in range(10)]
    found = split_by_name(files, Path("bank"))
    assert {split: len(some) for split, some in found.items()} == {
        "train": 8,
        "validation": 1,
        "test": 1,
    }
