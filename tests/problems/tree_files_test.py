"""tree_files: any bracketed treebank without code."""

import gzip
import os
import zipfile
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError


def write(folder: Path, *names: str) -> Path:
    """Writes files of one tree each, whose word is the file's path."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = f"( (NP-SBJ (NN {name})) )\n".encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return folder


def write_zip(path: Path, *names: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, f"(ROOT (NP (NN {name})))")


def problem(folder: Path | None, name: str = "tree_files") -> Problem:
    return registry.problem(name, tmp_dir=folder)


def words(trees: Problem) -> dict[str, list[str]]:
    return {split: [row["inputs"] for row in trees.generate(split)] for split in trees.splits}


def test_what_it_declares_and_yields(tmp_path: Path) -> None:
    write(tmp_path, "train.mrg", "dev.mrg", "test.mrg")
    trees = problem(tmp_path)
    assert (trees.command_name, trees.metrics) == ("parse", ("brackets",))
    assert list(trees.generate("train")) == [{"inputs": "train.mrg", "targets": "NP NN /NP"}]


@pytest.mark.parametrize("validation", ["validation", "valid", "val", "dev"])
@pytest.mark.parametrize("ending", [".mrg", ".ptb", ".txt", ".trees", ".mrg.gz", ".txt.gz"])
def test_every_way_to_name_the_files(tmp_path: Path, validation: str, ending: str) -> None:
    names = [stem + ending for stem in ("train", validation, "test")]
    trees = problem(write(tmp_path, *names, "other.mrg", "train.json"))
    assert words(trees) == {
        "train": [names[0]],
        "validation": [names[1]],
        "test": [names[2]],
    }
    expected = sorted(tmp_path / name for name in names)
    assert trees.raw_files_read == trees.raw_files_wanted() == expected


def test_treebanks_side_by_side(tmp_path: Path) -> None:
    write(tmp_path, "first/train.mrg", "first/dev.mrg", "second/train.ptb", "second/val.ptb")
    write_zip(tmp_path / "third.zip", "a.mrg", "b.mrg", "c.mrg")
    found = {
        name: words(problem(tmp_path, f"tree_files/{name}"))["train"]
        for name in ("first", "second", "third")
    }
    assert found == {
        "first": ["first/train.mrg"],
        "second": ["second/train.ptb"],
        "third": ["c.mrg"],
    }


def test_a_plain_file_goes_before_its_packed_copy(tmp_path: Path) -> None:
    write(tmp_path, "train.mrg", "train.mrg.gz", "dev.mrg")
    assert words(problem(tmp_path))["train"] == ["train.mrg"]


def test_without_a_test_file_there_is_no_test_split(tmp_path: Path) -> None:
    trees = problem(write(tmp_path, "train.mrg", "dev.mrg"))
    assert trees.splits == ("train", "validation")
    with pytest.raises(UserError, match="no test split"):
        list(trees.generate("test"))


def test_without_a_validation_file_a_part_is_held_out_for_good(tmp_path: Path) -> None:
    lines = [f"(NP (NN word{number // 2}))" for number in range(1000)]  # each tree twice
    (tmp_path / "train.txt").write_text("\n".join(lines))
    write(tmp_path, "test.txt")
    found = words(problem(tmp_path))
    assert 100 <= len(found["validation"]) <= 102
    assert not set(found["train"]) & set(found["validation"])
    assert len(found["train"]) + len(found["validation"]) == 1000
    assert words(problem(tmp_path)) == found


@pytest.mark.parametrize("validation", ["validation", "valid", "val", "dev"])
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_folders_named_as_splits_are_the_splits(
    tmp_path: Path, form: str, validation: str, caplog: pytest.LogCaptureFixture
) -> None:
    names = {
        "train": ["bank/train/0.mrg", "bank/train/a/1.mrg"],
        "validation": [f"bank/{validation}/0.mrg"],
        "test": ["bank/test/0.mrg", "bank/test/train/1.mrg"],
    }
    every = [name for some in names.values() for name in some]
    if form == "zip":
        write_zip(tmp_path / "bank.zip", *every, "bank/extra/0.mrg")
    else:
        write(tmp_path, *every, "bank/extra/0.mrg")
    assert words(problem(tmp_path)) == names
    assert "left out 1 files of trees in none of the folders train" in caplog.text


def test_folders_of_training_and_test_hold_out_a_part_of_training(tmp_path: Path) -> None:
    write(tmp_path, "test/0.ptb", *(f"train/{number}.ptb" for number in range(50)))
    found = words(problem(tmp_path))
    assert found["test"] == ["test/0.ptb"]
    assert found["validation"]
    assert len(found["train"]) + len(found["validation"]) == 50


def test_shares_of_trees_and_of_files(tmp_path: Path) -> None:
    named, unnamed = tmp_path / "named", tmp_path / "unnamed"
    named.mkdir()
    (named / "train.mrg").write_text("\n".join(f"(NP (NN word{n}))" for n in range(100)))
    write(unnamed, *(f"{number}.mrg" for number in range(40)))
    for folder, sizes in ((named, (75, 5, 20)), (unnamed, (30, 2, 8))):
        trees = problem(folder)
        trees.validation_share, trees.test_share = 0.05, 0.2
        assert trees.held_out_splits == ("validation", "test") or folder == named
        assert tuple(len(some) for some in words(trees).values()) == sizes
    assert problem(named).held_out_splits == ["validation"]
    assert problem(unnamed).held_out_splits == ("validation", "test")


def test_folders_of_splits_without_training_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "dev/0.mrg", "test/0.mrg", "test/1.mrg")
    with pytest.raises(UserError, match="folders of trees for dev, test, none for training"):
        list(problem(tmp_path).generate("train"))


@pytest.mark.parametrize(
    ("count", "sizes"), [(3, (1, 1, 1)), (9, (7, 1, 1)), (10, (8, 1, 1)), (25, (21, 2, 2))]
)
def test_a_folder_of_files_is_split_by_file(
    tmp_path: Path, count: int, sizes: tuple[int, int, int], caplog: pytest.LogCaptureFixture
) -> None:
    names = [
        f"{number % 2}/file_{number:03}.{'ptb' if number % 3 else 'MRG'}" for number in range(count)
    ]
    write(tmp_path, *names, "0/README.txt", ".hidden.mrg", "__MACOSX/file.mrg")
    found = words(problem(tmp_path))
    assert tuple(map(len, found.values())) == sizes
    assert sorted(name for some in found.values() for name in some) == sorted(names)
    train, validation, test = sizes
    said = f"split by a hash of their names: {train} train, {validation} validation, {test} test"
    assert said in caplog.text


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_no_split_is_one_end_of_the_order(tmp_path: Path, form: str) -> None:
    names = [f"treebank/combined/wsj_{number:04}.mrg" for number in range(1, 200)]
    if form == "zip":
        write_zip(tmp_path / "treebank.zip", *names, "treebank/raw/wsj_0001", "treebank/README")
        write_zip(tmp_path / "ptb.zip", "ptb/allcats.txt")
    else:
        write(tmp_path, *names, "treebank/README")
    trees = problem(tmp_path)
    numbers = {split: [int(name[-8:-4]) for name in some] for split, some in words(trees).items()}
    assert {split: len(some) for split, some in numbers.items()} == {
        "train": 161,
        "validation": 19,
        "test": 19,
    }
    for split in ("validation", "test"):
        assert numbers[split] == sorted(numbers[split])
        assert 60 < sum(numbers[split]) / 19 < 140
    assert len(trees.raw_files_read) == (1 if form == "zip" else 199)
    assert sorted(trees.raw_files_wanted()) == sorted(trees.raw_files_read)


@pytest.mark.parametrize(
    ("names", "what"),
    {
        "nothing": ((), "does not find trees"),
        "nothing of use": (("README.txt", "train.json"), "does not find trees"),
        "no training file": (("dev.mrg", "test.mrg", "a.mrg"), "does not find a training file"),
        "two of them": (
            ("train.mrg", "train.ptb"),
            r"train file: there are train\.mrg, train\.ptb",
        ),
        "two names": (("train.mrg", "dev.mrg", "valid.mrg"), "cannot choose its validation file"),
        "too few": (("a.mrg", "b.mrg"), "at least three"),
    }.values(),
)
def test_what_cannot_be_chosen_is_told(tmp_path: Path, names: tuple[str, ...], what: str) -> None:
    with pytest.raises(UserError, match=what):
        list(problem(write(tmp_path, *names)).generate("train"))


@pytest.mark.parametrize("name", ["tree_files", "tree_files/absent"])
def test_a_folder_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    for folder in (None, tmp_path / "absent"):
        trees = problem(folder, name)
        assert trees.splits == ("train", "validation", "test")
        with pytest.raises(UserError, match="does not find trees"):
            list(trees.generate("train"))


def test_of_several_archives_one_has_to_be_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_zip(tmp_path / f"{name}.zip", *(f"{name}{number}.mrg" for number in range(3)))
    with pytest.raises(UserError, match=r"one\.zip, two\.zip.*tree_files/one"):
        list(problem(tmp_path).generate("train"))
    assert words(problem(tmp_path, "tree_files/two"))["test"] == ["two2.mrg"]


def test_a_malformed_tree_is_named_by_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, "train.mrg", "dev.mrg")
    (tmp_path / "train.mrg").write_text("(UH Yes)\n\n(S (UH No)\n")
    with pytest.raises(UserError, match=r"train\.mrg, line 3: .*never closed"):
        list(problem(tmp_path).generate("train"))


def test_a_label_that_could_not_be_read_back_is_told(tmp_path: Path) -> None:
    write(tmp_path, "train.mrg", "dev.mrg")
    (tmp_path / "train.mrg").write_text("(S (/X Yes))\n")
    with pytest.raises(UserError, match=r"train\.mrg: .*could not be told .*'/X'"):
        list(problem(tmp_path).generate("train"))


@pytest.mark.real_data
def test_the_sample_of_the_penn_treebank() -> None:
    folder = Path(os.environ["T2T_MM_REAL_DATA"], "nltk_treebank")
    if not (folder / "treebank.zip").is_file():
        pytest.skip(f"no treebank.zip in {folder}")
    found = words(problem(folder))
    assert {split: len(some) for split, some in found.items()} == {
        "train": 3128,
        "validation": 364,
        "test": 422,
    }
    with pytest.raises(UserError, match="sample that NLTK distributes"):
        list(problem(folder, "wsj_parse").generate("train"))
