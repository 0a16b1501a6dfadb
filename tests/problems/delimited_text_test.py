"""Rows of .csv and .tsv files; named_columns_test.py has more of them."""

import gzip
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.problems.delimited_text import is_delimited, read_delimited


@pytest.mark.parametrize(
    ("name", "mark"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.tsv.gz", "\t")]
)
def test_what_parts_the_columns(tmp_path: Path, name: str, mark: str) -> None:
    path = tmp_path / name
    content = f"text{mark}n\n\nsay a{mark}1\n".encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert is_delimited(path) and not is_delimited(tmp_path / "a.jsonl.gz")
    rows = [(1, ["text", "n"]), (3, ["say a", "1"])]
    assert list(read_delimited(path, spans_lines=True)) == rows


def test_a_quote_may_have_to_end_in_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"1\n2",3\n')
    assert list(read_delimited(path, spans_lines=True))[1] == (2, ["1\n2", "3"])
    with pytest.raises(UserError, match=r"line 2: .*a text goes over several lines"):
        list(read_delimited(path, spans_lines=False))


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_carriage_return_within_a_row_is_told_as_one(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"text\r\na\rb\r\n")
    said = r"line 2: this is no row of a table: a carriage return stands in it without a newline"
    with pytest.raises(UserError, match=said):
        list(read_delimited(path, spans_lines=True))
