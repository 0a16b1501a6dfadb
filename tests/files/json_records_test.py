"""Records are read one a line, and half a line is none."""

from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.files.json_records import read_records


def test_half_a_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    lines = '{"kind": "a", "step": 1, "problem": "d\u00e9"}\n{"kind": "b", "step": 2}\n'
    path.write_text(lines + '{"kind": "a", "step": 3, "los', encoding="utf-8")
    first, second = {"kind": "a", "step": 1, "problem": "d\u00e9"}, {"kind": "b", "step": 2}
    assert read_records(path) == [first, second]


def test_damaged_lines_and_numbers_that_were_not_finite_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    damaged = b'7\n\xff{}\n{"kind": "a", "stdp": 3}\n{"kind": "a", "step": "x"}\n[]\n\n'
    path.write_bytes(damaged + b'{"kind": "a", "step": 4, "loss": null, "other": 1.5}\n')
    assert read_records(path) == [{"kind": "a", "step": 4, "other": 1.5}]


def test_a_file_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert read_records(tmp_path / "log.jsonl") == []


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is to be a file, and is a folder"):
        read_records(tmp_path)
