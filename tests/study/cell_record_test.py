"""What is kept beside a run comes back as it was, or is told to be damaged."""

import json
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.files.sealed_json import seal_json
from t2t_mm.study.cell_record import CellRecord, read_cell_record, write_cell_record

SCORES = {"test": {"copy": {"accuracy": 97.5}}}
RECORD = CellRecord({"steps": 4}, seconds=12.0, scores=SCORES)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read_cell_record(tmp_path) is None
    write_cell_record(tmp_path, RECORD)
    assert read_cell_record(tmp_path) == RECORD


def test_a_record_of_an_earlier_version_has_no_checksum(tmp_path: Path) -> None:
    (tmp_path / "cell.json").write_text('{"definition": {"steps": 4}}')
    assert read_cell_record(tmp_path) == CellRecord({"steps": 4})


def test_a_changed_score_is_told(tmp_path: Path) -> None:
    write_cell_record(tmp_path, RECORD)
    path = tmp_path / "cell.json"
    path.write_text(path.read_text().replace("97.5", "98.5"))
    with pytest.raises(UserError, match=r"cell\.json is damaged.*checksum"):
        read_cell_record(tmp_path)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"definition": {}, "colour": 1},
        {"definition": [], "failed": ""},
        {"definition": {}, "source": 3},
        {"definition": {}, "failed": 3},
        {"definition": {}, "seconds": "long"},
        {"definition": {}, "scores": [1]},
        {"definition": {}, "scores": {"test": 5}},
        {"definition": {}, "scores": {"test": {"copy": 5}}},
    ],
    ids=str,
)
def test_what_a_person_has_changed_to_nonsense_is_told(
    record: dict[str, object], tmp_path: Path
) -> None:
    for text in (json.dumps(record), seal_json(record)):
        (tmp_path / "cell.json").write_text(text)
        with pytest.raises(UserError, match=r"cell\.json is damaged"):
            read_cell_record(tmp_path)


def test_a_folder_in_its_place_and_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "cell.json"
    path.write_bytes(b"\xff{}")
    with pytest.raises(UserError, match="is damaged"):
        read_cell_record(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(UserError, match="is damaged"):
        read_cell_record(tmp_path)
