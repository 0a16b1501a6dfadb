"""A study from a name or a file: what is wrong with either is one error."""

import dataclasses
import json
from pathlib import Path

import pytest
from small_study import STUDY

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.study.definition import Study
from t2t_mm.study.loading import load_study, read_study


def write(folder: Path, record: object) -> str:
    path = folder / "mine.json"
    path.write_text(json.dumps(record))
    return str(path)


def test_a_file_has_all_that_python_has(tmp_path: Path) -> None:
    assert load_study(write(tmp_path, dataclasses.asdict(STUDY))) == STUDY


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cels": {}}, "mine.json has the unknown field 'cels'. Did you mean 'cells'"),
        ({"cells": {"a": {"steps": 3}}}, "mine.json, cells a lacks the field 'problems'"),
        ({"cells": {"a": "mini_ende"}}, "mine.json, cells a is to be a JSON object"),
        ({"cells": "a"}, "study.cells has the wrong type"),
        ({"tables": [{"title": "", "row": []}]}, "mine.json, tables 1 has the unknown field 'row'"),
        ({"split": "train"}, "study.split has the wrong type"),
        ({"title": None}, "study.title has the wrong type"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError) as error:
        load_study(write(tmp_path, {**dataclasses.asdict(STUDY), **change}))
    assert message in str(error.value)


def test_a_file_that_is_not_there_or_not_json(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        load_study(str(tmp_path / "none.json"))
    (tmp_path / "half.json").write_text('{"title":')
    with pytest.raises(UserError, match="not valid JSON"):
        read_study(tmp_path / "half.json")
    with pytest.raises(UserError, match="A study in a file says all itself"):
        load_study(write(tmp_path, dataclasses.asdict(STUDY)), problems="mini_8")


def test_a_registered_study_takes_what_its_function_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry.STUDIES, "_entries", dict(registry.STUDIES._entries))

    @registry.register_study
    def of_two(steps: int = 8) -> Study:
        return STUDY if steps == 8 else dataclasses.replace(STUDY, title=f"{steps}")

    registry.register_study("nothing")(lambda: None)
    assert load_study("of_two") is STUDY
    assert load_study("of_two", steps=3).title == "3"
    assert load_study("of_two", data_dir="data", tmp_dir="raw") is STUDY
    with pytest.raises(UserError, match=r"takes no problems\. Expected: steps"):
        load_study("of_two", problems="mini_8")
    with pytest.raises(UserError, match="does not return a Study"):
        load_study("nothing")
    with pytest.raises(UserError, match=r"no study named 'of_tow'\. Did you mean 'of_two'"):
        load_study("of_tow")


def test_folders_are_given_to_a_function_that_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.STUDIES, "_entries", dict(registry.STUDIES._entries))

    @registry.register_study
    def of_folders(data_dir: str = "", tmp_dir: str = "none") -> Study:
        return dataclasses.replace(STUDY, title=f"{data_dir}, {tmp_dir}")

    assert load_study("of_folders", data_dir="data").title == "data, none"


def test_what_a_study_must_be_given_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.STUDIES, "_entries", dict(registry.STUDIES._entries))

    @registry.register_study
    def needy(problems: str, size: int, *more: int, steps: int = 8, **others: int) -> Study:
        return STUDY

    with pytest.raises(UserError, match=r"'needy' must be given problems, size\. --problems"):
        load_study("needy")
    assert load_study("needy", problems="mini_ende", size=3) is STUDY
