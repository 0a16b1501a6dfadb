"""Tables with names of columns: rows with line numbers, and which column holds what."""

from pathlib import Path
from typing import Any

import pytest

from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.errors import UserError
from t2t_mm.problems.named_columns import (
    USUAL_NAMES,
    check_columns,
    choose_columns,
    find_columns,
    parse_columns,
    read_rows,
)


@pytest.mark.parametrize(
    ("name", "text", "rows"),
    [
        ("a.csv", 'text,n\n"a, ""b""\nc",1\n\nd,2\n', [(2, 'a, "b"\nc', "1"), (5, "d", "2")]),
        ("a.csv", "text;n\nd, e;2\n", [(2, "d, e", "2")]),
        ("a.tsv", 'text\tn\nsay "a\t1\n', [(2, 'say "a', "1")]),
        (
            "a.jsonl",
            '{"text": "a", "n": 1}\n\n{"n": 2, "x": {"text": "b"}}\n',
            [(1, "a", 1), (3, "b", 2)],
        ),
    ],
)
def test_rows_have_the_line_they_begin_in(
    tmp_path: Path, name: str, text: str, rows: list[tuple[Any, ...]]
) -> None:
    (tmp_path / name).write_text(text)
    assert [(at.number, row["text"], row["n"]) for at, row in read_rows(tmp_path / name)] == rows


def test_numbers_count_the_columns_of_a_table_without_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('3,"one, two"\n4,three\n')
    given = parse_columns("label=1,text=2")
    assert list(read_rows(path, given)) == [
        ((path, 1), {"1": "3", "2": "one, two"}),
        ((path, 2), {"1": "4", "2": "three"}),
    ]
    assert find_columns(path, USUAL_NAMES, "label=1,text=2") == {"label": "1", "text": "2"}


def test_several_columns_may_have_no_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,,\na,1,2\n")
    assert [row["text"] for _, row in read_rows(path)] == ["a"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "text,n\na\n", "line 2: .*not as many columns.*2: text, n.*columns=1"),
        ("a.csv", 'text,n\nb,1\n"a,1\nb,2\n', "line 3: this is no row of a table"),
        ("a.csv", "text,text,n\na,b,1\n", "line 1: several columns are called text"),
        ("a.jsonl", '{"text": "a"}\n["a"]\n', "line 2: this is no JSON object"),
    ],
)
def test_malformed_rows_are_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match=rf"{name}, {message}"):
        list(read_rows(tmp_path / name))


def test_a_column_is_chosen_by_its_usual_name_and_once_only() -> None:
    roles = {"inputs": ("text", "source"), "targets": ("text", "target")}
    assert choose_columns({"Text": "", "target": ""}, roles, {}) == {
        "inputs": "Text",
        "targets": "target",
    }
    given = {"targets": "Text"}
    assert choose_columns({"Text": "", "source": ""}, roles, given) == {
        "inputs": "source",
        "targets": "Text",
    }


def test_a_column_that_a_person_names_wrongly_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\na,b\n")
    assert find_columns(path, USUAL_NAMES, "label=stars") == {"text": "text"}
    roles = {role: USUAL_NAMES[role] for role in ("text", "label", "split")}
    with pytest.raises(UserError) as error:
        check_columns(path, ["text"], roles, "label=stars")
    for part in ("hold the label", "columns='text, label'", "given='label=stars'", "COLUMN"):
        assert part in str(error.value)
    check_columns(path, ["text", "label"], roles, "label=label")
    with pytest.raises(UserError, match="hold the split"):
        check_columns(path, ["text", "label"], roles, "split=part")


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("text_classification", "text,label\na,b\n"),
        ("text2text_files/en-de", "en,de\na,b\n"),
        ("speech_files", "audio,text\na.wav,b\n"),
    ],
)
def test_a_column_for_what_nobody_asks_for_is_refused(
    name: str, table: str, tmp_path: Path
) -> None:
    """Silence would leave a misspelt "labell=stars" to the column that is usually so called."""
    (tmp_path / "train.csv").write_text(table)
    options = GenerationOptions(raw_options={"columns": "labell=stars"})
    with pytest.raises(UserError, match="names the labell, which count for nothing"):
        generate_data(name, data_dir=tmp_path / "data", tmp_dir=tmp_path, options=options)


@pytest.mark.parametrize("given", ["text", "=a", "text=", "text=a,label"])
def test_columns_that_are_not_named_so(given: str) -> None:
    with pytest.raises(UserError, match="not named in this way"):
        parse_columns(given)


@pytest.mark.parametrize(
    "name", ["image_folder", "text_classification", "text2text_files", "speech_files"]
)
def test_a_file_that_is_no_table_is_not_what_an_error_is_about(name: str, tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{\n "a": 1\n}\n')
    with pytest.raises(UserError) as error:
        generate_data(name, data_dir=tmp_path / "data", tmp_dir=tmp_path)
    assert "JSON object" not in str(error.value)
