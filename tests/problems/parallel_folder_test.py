"""Where the texts of two languages lie in a folder; text2text_files_test has the rest."""

import logging
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.parallel_folder import ParallelFolder
from t2t_mm.problems.parallel_text import ParallelText

LANGUAGES = ("en", "de")


def find(folder: Path) -> dict[str, list[str]]:
    found = ParallelFolder("name", folder, LANGUAGES, is_pair=True).find_files()
    return {split: [path.name for path in text.paths] for split, text in found.items()}


def write(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("en,de\na,x\n" if path.suffix == ".csv" else "a\n")
    return folder


def test_files_come_before_tables_and_names_before_the_only_ones(tmp_path: Path) -> None:
    assert find(write(tmp_path, "a.en", "a.de")) == {"train": ["a.en", "a.de"]}
    write(tmp_path, "train.csv", "dev.csv", "test.csv")
    tables = {"train": ["train.csv"], "validation": ["dev.csv"], "test": ["test.csv"]}
    assert find(tmp_path) == tables
    write(tmp_path, "train.en", "train.de")
    assert find(tmp_path) == tables | {"train": ["train.en", "train.de"]}


def test_several_files_that_might_be_for_training_are_an_error(tmp_path: Path) -> None:
    folder = write(tmp_path, "a.en", "a.de", "b.csv", "c.en")
    with pytest.raises(UserError, match=r"cannot choose its training files: there are a, b\.csv"):
        find(folder)


@pytest.mark.parametrize("other", ["val/a", "validation"])
def test_two_places_of_one_split_are_refused(tmp_path: Path, other: str) -> None:
    sides = [f"{place}.{language}" for place in ("dev/a", other) for language in LANGUAGES]
    folder = write(tmp_path, "train.en", "train.de", *sides)
    with pytest.raises(UserError, match=r"cannot choose its files of validation: there are"):
        find(folder)


def test_aligned_files_are_read_by_line(tmp_path: Path) -> None:
    folder = ParallelFolder("name", write(tmp_path, "train.en", "train.de"), LANGUAGES, True)
    (text,) = folder.find_files().values()
    assert isinstance(text, ParallelText) and list(text.read_pairs()) == [("a", "a")]


def test_what_macos_writes_beside_files_is_none_of_them(tmp_path: Path) -> None:
    names = ("a.en", "a.de", "dev/b.en", "dev/b.de")
    write(tmp_path, *names, "._a.en", "._a.de", "dev/._b.en", "dev/._b.de")
    assert find(tmp_path) == {"train": ["a.en", "a.de"], "validation": ["b.en", "b.de"]}


def test_a_table_of_a_held_out_split_without_the_columns_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "train.csv")
    (tmp_path / "dev.csv").write_text("english,german\na,x\n")
    with caplog.at_level(logging.WARNING):
        assert find(tmp_path) == {"train": ["train.csv"]}
    assert "dev.csv is left out: it has no columns of en and de" in caplog.text


def test_a_malformed_table_of_a_held_out_split_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "train.csv")
    (tmp_path / "test.jsonl").write_text('{"en": "a", "de"\n')
    with pytest.raises(UserError, match=r"test\.jsonl, line 1"):
        find(tmp_path)


@pytest.mark.parametrize("names", [("testing.csv",), ("testing.en", "testing.de")])
def test_testing_is_a_test_split(tmp_path: Path, names: tuple[str, ...]) -> None:
    write(tmp_path, "train.csv", *names)
    assert find(tmp_path)["test"] == [*names]
    write(tmp_path, "test.csv")
    assert find(tmp_path)["test"] == ["test.csv"]


def test_a_folder_with_a_dash_in_its_name_is_to_be_renamed(tmp_path: Path) -> None:
    write(tmp_path, "my-corpus/train.inputs", "my-corpus/train.targets")
    folder = ParallelFolder("name", tmp_path, ("my", "corpus"), is_pair=True)
    with pytest.raises(UserError, match="read the folder my-corpus, rename it, as to my_corpus"):
        folder.find_files()
    with pytest.raises(UserError, match="name the folder that has them with --tmp_dir"):
        ParallelFolder("name", tmp_path, LANGUAGES, is_pair=True).find_files()
