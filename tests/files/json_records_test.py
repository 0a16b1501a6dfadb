"""Records are read one a line, and half a line is none."""

from pathlib import Path

from t2t_mm.files.json_records import read_records


def test_half_a_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    lines = '{"step": 1, "problem": "d\u00e9"}\n{"step": 2}\n{"step": 3, "los'
    path.write_text(lines, encoding="utf-8")
    assert read_records(path) == [{"step": 1, "problem": "d\u00e9"}, {"step": 2}]


def test_a_file_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert read_records(tmp_path / "log.jsonl") == []
