"""Tables of labelled files and texts."""

import logging
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.file_kinds import PICTURES, SOUNDS, TEXTS
from t2t_mm.problems.labelled_table import (
    LabelledRow,
    TableReader,
    find_metadata,
    find_only_table,
    find_split_tables,
)


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("named", ["1.wav", "sounds/1.wav", "1"])
def test_files_are_found_beside_the_table_or_by_their_names(tmp_path: Path, named: str) -> None:
    sound = write(tmp_path / "sounds/1.wav")
    table = write(tmp_path / "lists/all.csv", f"filename,category\n{named},dog\n")
    assert TableReader(tmp_path, SOUNDS).read(table) == [LabelledRow(sound, "dog")]


def test_files_may_be_named_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = write(tmp_path / "elsewhere/clips/1.wav")
    table = write(tmp_path / "data/all.csv", "filename,category\nclips/1.wav,dog\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert TableReader(tmp_path / "data", SOUNDS).read(table) == [LabelledRow(sound, "dog")]


@pytest.mark.parametrize("is_absolute", [True, False])
def test_the_root_may_be_named_in_front(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_absolute: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "raw/train/1.png")
    named = tmp_path / "raw/train/1.png" if is_absolute else Path("raw/train/1.png")
    table = write(Path("raw/metadata.csv"), f"file_name,label\n{named},cat\n")
    (row,) = TableReader(Path("raw"), PICTURES).read(table)
    assert row.value == Path("raw/train/1.png")


def test_spaces_in_names_of_files_stay(tmp_path: Path) -> None:
    names = ("a b.png", "a  b.png", "at 3\u202fPM.png")
    rows = "".join(f" {name},{write(tmp_path / name).name}\n" for name in names)
    table = write(tmp_path / "metadata.csv", f"file_name,label\n{rows}")
    found = TableReader(tmp_path, PICTURES).read(table)
    assert [row.value for row in found] == [tmp_path / name for name in names]


def test_files_that_are_not_there_are_counted_and_named(tmp_path: Path) -> None:
    for name in ("a/1.png", "b/1.png", "2.png"):
        write(tmp_path / name)
    rows = "1.png,x\n2.png,x\n3.png,y\n"  # of 1.png there are two
    table = write(tmp_path / "metadata.csv", f"file_name,label\n{rows}")
    with pytest.raises(UserError, match=r"not there: 2 of 3, first 1\.png, 3\.png"):
        TableReader(tmp_path, PICTURES).read(table)


@pytest.mark.parametrize(
    ("files", "named", "absent"),
    [
        (["dog/0.png"], ["cat/0.png", "dog/0.png"], ["cat/0.png"]),
        (["all/dog/0.png"], ["cat/0.png", "dog/0.png"], ["cat/0.png", "dog/0.png"]),
        (["all/dog/0.png", "all/cat/0.png"], ["cat/0.png", "/of/dog/0.png"], []),
        (["all/dog/0.png", "all/cat/0.png"], ["dog/0", "cow/0.png", "cat/0"], ["cow/0.png"]),
        (["all/0.png"], ["cat/0.png", "cat/0.png"], []),
    ],
)
def test_no_file_stands_for_two_names(
    tmp_path: Path, files: list[str], named: list[str], absent: list[str]
) -> None:
    for name in files:
        write(tmp_path / name)
    rows = "".join(f"{name},{name.split('/')[-2]}\n" for name in named)
    table = write(tmp_path / "metadata.csv", f"file_name,label\n{rows}")
    reader = TableReader(tmp_path, PICTURES)
    if absent:
        said = f"not there: {len(absent)} of {len(named)}, first {', '.join(absent)}"
        with pytest.raises(UserError, match=said):
            reader.read(table)
        return
    for row in reader.read(table):
        assert isinstance(row.value, Path) and row.value.parent.name in (row.label, "all")


def test_null_is_a_fault_of_its_line(tmp_path: Path) -> None:
    rows = '{"text": "a", "label": 0}\n{"text": "b", "label": null}\n{"text": null, "label": 1}\n'
    table = write(tmp_path / "a.jsonl", rows)
    assert TableReader(tmp_path, TEXTS).read(table) == [
        LabelledRow("a", "0"),
        LabelledRow("b", "", fault=f"{table}, line 2: there is no label"),
        LabelledRow("", "", fault=f"{table}, line 3: there is no text"),
    ]


def test_a_row_with_a_fault_keeps_its_split_and_its_file(tmp_path: Path) -> None:
    picture = write(tmp_path / "test/1.png")
    rows = [
        ("test/1.png", "null", "train"),
        ("2.png", "null", "test"),
        ("test/1.png", '"a"', "dev"),
    ]
    line = '{"file": "%s", "label": %s, "split": "%s"}\n'
    table = write(tmp_path / "a.jsonl", "".join(line % row for row in rows))
    read = TableReader(tmp_path, PICTURES).read(table)
    assert [row.split for row in read] == ["train", "test", "validation"]
    assert [row.value for row in read] == [picture, "2.png", picture]
    with table.open("a") as file:
        file.write('{"file": "test/1.png", "label": null, "split": null}\n')
    read = TableReader(tmp_path, PICTURES).read(table)
    assert [row.split for row in read] == ["train", "test", "validation", ""]


def test_several_captions_stand_in_a_list_and_a_list_is_no_label(tmp_path: Path) -> None:
    picture = write(tmp_path / "1.png")
    table = write(tmp_path / "a.jsonl", '{"file": "1.png", "captions": ["a dog", "a cat"]}\n')
    captions = TableReader(tmp_path, PICTURES, says="caption").read(table)
    assert captions == [LabelledRow(picture, "a dog"), LabelledRow(picture, "a cat")]
    for label in ('["x"]', '{"x": 1}'):
        table = write(tmp_path / "b.jsonl", f'{{"file": "1.png", "label": {label}}}\n')
        with pytest.raises(UserError, match=r"b\.jsonl, line 1: an? \w+ stands for one value"):
            TableReader(tmp_path, PICTURES).read(table)


def test_rows_without_a_class_are_told_and_texts_are_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = write(tmp_path / "a.jsonl", '{"text": "a\\n b", "label": 0}\n{"text": "c"}\n')
    with caplog.at_level(logging.WARNING):
        assert TableReader(tmp_path, TEXTS).read(table) == [LabelledRow("a b", "0")]
    assert "left out 1 rows without a text or label" in caplog.text


def test_of_texts_a_table_may_name_the_files(tmp_path: Path) -> None:
    text = write(tmp_path / "1.txt", "so good")
    table = write(tmp_path / "metadata.csv", "file_name,label\n1.txt,pos\n")
    assert TableReader(tmp_path, TEXTS).read(table) == [LabelledRow(text, "pos")]


def test_splits_count_where_every_row_names_one(tmp_path: Path) -> None:
    reader = TableReader(tmp_path, TEXTS)
    table = write(tmp_path / "a.csv", "text,label,split\na,x,train\nb,y,DEV\n")
    assert [row.split for row in reader.read(table)] == ["train", "validation"]
    table = write(tmp_path / "b.csv", "text,label,set\na,x,spoons\nb,y,forks\n")
    assert [row.split for row in reader.read(table)] == ["", ""]
    for other in ("unsure", ""):
        table = write(tmp_path / "c.csv", f"text,label,split\na,x,train\nb,y,{other}\n")
        with pytest.raises(UserError, match=r"split of 1 rows, and of 1 something else"):
            reader.read(table)


def test_a_split_that_the_first_row_lacks_counts_too(tmp_path: Path) -> None:
    rows = '{"text": "a", "label": "x"}\n{"text": "b", "label": "y", "split": "test"}\n'
    table = write(tmp_path / "a.jsonl", rows)
    with pytest.raises(UserError, match=r"split of 1 rows, and of 1 something else.*empty"):
        TableReader(tmp_path, TEXTS).read(table)


def test_which_tables_there_are(tmp_path: Path) -> None:
    reader = TableReader(tmp_path, TEXTS)
    write(tmp_path / "settings.json", '{\n "a": 1\n}\n')
    assert find_only_table(tmp_path, reader) is None and not find_split_tables(tmp_path)
    table = write(tmp_path / "below/all.csv", "text,label\na,b\n")
    assert find_only_table(tmp_path, reader) == table
    metadata = write(tmp_path / "metadata.tsv", "text\tlabel\na\tb\n")
    write(tmp_path / "metadata.json", '{"name": "settings"}')
    assert find_only_table(tmp_path, reader) == find_metadata(tmp_path) == metadata
    table = write(tmp_path / "other.csv", "text,label\na,b\n")
    with pytest.raises(UserError, match=r"several tables of texts.*metadata\.tsv', 'other\.csv"):
        find_only_table(tmp_path, reader)
    train, dev = write(tmp_path / "Train.csv"), write(tmp_path / "dev.jsonl")
    assert find_split_tables(tmp_path) == {"train": train, "validation": dev}
    write(tmp_path / "val.csv")
    with pytest.raises(UserError, match="several tables for the split validation"):
        find_split_tables(tmp_path)
