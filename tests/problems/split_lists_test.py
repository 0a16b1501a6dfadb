"""Lists of the files of a split beside folders of classes, as Speech Commands has them."""

import logging
from pathlib import Path

import pytest

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.problems.file_kinds import SOUNDS, TEXTS
from t2t_mm.problems.labelled_folder import LabelledFolder
from t2t_mm.problems.labelled_set import LabelledSet

SHARES = {"validation": 0.1, "test": 0.1}


def make(root: Path, lists: dict[str, str]) -> Path:
    for word in ("bed", "cat"):
        for number in range(10):
            path = root / word / f"{number}_nohash_0.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    for name, text in lists.items():
        (root / name).write_text(text)
    return root


def read(root: Path) -> LabelledSet:
    return LabelledFolder(root, SOUNDS).read(SHARES)


def name_files(found: LabelledSet, split: str) -> set[str]:
    rows = found.splits[split]
    return {f"{row.label}/{row.value.name}" for row in rows if isinstance(row.value, Path)}


VALIDATION = "bed/1_nohash_0.wav\ncat/1_nohash_0.wav\n"
TESTING = "cat/2_nohash_0.wav\n"


def test_lists_say_the_splits(tmp_path: Path) -> None:
    root = make(tmp_path, {"validation_list.txt": VALIDATION, "testing_list.txt": TESTING})
    found = read(root)
    assert name_files(found, "validation") == set(VALIDATION.split())
    assert name_files(found, "test") == set(TESTING.split())
    assert len(found.splits["train"]) == 17
    assert not found.held_out
    assert {path.name for path in found.lists} == {"validation_list.txt", "testing_list.txt"}


def test_a_split_without_a_list_is_held_out_of_the_rest(tmp_path: Path) -> None:
    found = read(make(tmp_path, {"testing_list.txt": TESTING}))
    assert name_files(found, "test") == set(TESTING.split())
    assert found.held_out == ["validation"]
    others = name_files(found, "train") | name_files(found, "validation")
    assert len(others) == 19 and not others & set(TESTING.split())


def test_a_new_list_makes_data_again(tmp_path: Path) -> None:
    root = make(tmp_path, {})
    problem = registry.problem("audio_folder", tmp_dir=root)
    before = problem.raw_files_wanted()
    make(root, {"validation_list.txt": VALIDATION})
    problem = registry.problem("audio_folder", tmp_dir=root)
    assert set(problem.raw_files_wanted()) - set(before) == {root / "validation_list.txt"}


def test_names_of_classes_that_were_taken_away_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = read(make(tmp_path, {"validation_list.txt": f"{VALIDATION}dog/1.wav\n"}))
    assert len(found.splits["validation"]) == 2
    assert "validation_list.txt names 1 sounds that are not there" in caplog.text


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        ({"val_list.txt": "dog/1.wav\n"}, "names none of the sounds .*dog/1.wav"),
        ({"val_list.txt": ""}, "names none of the sounds"),
        ({"val_list.txt": TESTING, "test_list.txt": TESTING}, "another list names, too"),
        ({"val_list.txt": TESTING, "dev_list.txt": TESTING}, "several lists for .* validation"),
    ],
)
def test_lists_that_say_nothing_or_too_much(
    tmp_path: Path, lists: dict[str, str], told: str
) -> None:
    with pytest.raises(UserError, match=f"(?s){told}"):
        read(make(tmp_path, lists))


def test_a_list_names_files_of_a_table_and_none_of_its_texts(tmp_path: Path) -> None:
    root = make(tmp_path / "sounds", {"validation_list.txt": VALIDATION})
    names = [f"{word}/{number}_nohash_0.wav" for word in ("bed", "cat") for number in range(10)]
    table = "".join(f"{name},{n % 2}\n" for n, name in enumerate(names))
    (root / "metadata.csv").write_text(f"file_name,label\n{table}")
    found = LabelledFolder(root, SOUNDS, columns="file=file_name,label=label").read(SHARES)
    assert len(found.splits["validation"]) == 2 and {*found.classes} == {"0", "1"}
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "reviews.csv").write_text("text,label\nthis is good,good\nthis is bad,bad\n")
    (texts / "validation_list.txt").write_text("this is good\n")
    with pytest.raises(UserError, match=r"rows of a table.*column `split`.*validation\.csv"):
        LabelledFolder(texts, TEXTS).read(SHARES)


def test_folders_of_splits_need_no_list(tmp_path: Path) -> None:
    for split in ("train", "test"):
        make(tmp_path / split, {})
    (tmp_path / "test_list.txt").write_text(TESTING)
    found = read(tmp_path)
    assert not found.lists and len(found.splits["test"]) == 20
