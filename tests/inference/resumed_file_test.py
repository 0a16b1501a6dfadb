"""What a killed process wrote is gone on with, if it is of the same; the result is the same."""

from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.inference.resumed_file import ResumedFile


def make(tmp_path: Path, told: list[str], **facts: object) -> ResumedFile:
    return ResumedFile(tmp_path / "out.txt", facts, window=2, total=9, tell=told.append)


@pytest.fixture
def told() -> list[str]:
    return []


def stop_after(file: ResumedFile, text: str, errors: dict[int, UserError]) -> None:
    with pytest.raises(RuntimeError, match="stopped"), file.open(errors) as lines:
        lines.write(text)
        raise RuntimeError("stopped")


def test_whole_windows_stay_and_what_is_behind_them_is_written_anew(
    tmp_path: Path, told: list[str]
) -> None:
    errors = {1: UserError("Bad"), 4: UserError("Too")}
    stop_after(make(tmp_path, told, run="a"), "ä\n\u2028\nc\nd\ne\nhal", errors)
    again = make(tmp_path, told, run="a")
    assert again.done == ["ä", "\u2028", "c", "d"] and told[-1].endswith("behind 4 of 9")
    assert {place: str(why) for place, why in again.errors.items()} == {1: "Bad."}
    with again.open({}) as file:
        file.write("E\n")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == "ä\n\u2028\nc\nd\nE\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert make(tmp_path, told, run="a").done == [] and len(told) == 1


def test_what_is_of_something_else_is_begun_anew_and_why_is_told(
    tmp_path: Path, told: list[str]
) -> None:
    stop_after(make(tmp_path, told, run="a", step=1, problem="p"), "1\n2\n3\n", {})
    other = make(tmp_path, told, run="b", step=2, problem="p")
    assert other.done == [] and "begun anew: it was made with other run, step" in told[-1]
    stop_after(other, "x\ny\n", {})
    assert (tmp_path / "out.txt.incomplete").read_text() == "x\ny\n"
    assert make(tmp_path, told, run="b", step=2, problem="p").done == ["x", "y"]
    (tmp_path / "out.txt.incomplete.json").write_text("{")
    assert make(tmp_path, told, run="b").done == []
    assert "does not say what it was made of" in told[-1]
