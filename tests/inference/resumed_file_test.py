"""What a killed process wrote is gone on with, if it is of the same; the result is the same."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.inference.resumed_file import ResumedFile


def make(
    tmp_path: Path, told: list[str], files: Sequence[str] = (), **facts: object
) -> ResumedFile:
    path = tmp_path / "out.txt"
    return ResumedFile(path, facts, window=2, total=9, tell=told.append, files=files)


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
    assert other.done == [] and "anew: what is there was made with other run, step" in told[-1]
    stop_after(other, "x\ny\n", {})
    assert (tmp_path / "out.txt.incomplete").read_text() == "x\ny\n"
    assert (tmp_path / "out.txt.part").read_text() == "1\n2\n3\n"
    assert make(tmp_path, told, run="b", step=2, problem="p").done == ["x", "y"]
    stop_after(make(tmp_path, told, run="a", step=1, problem="p"), "", {})
    assert told[-1].endswith("stays as out.txt.part2")
    assert (tmp_path / "out.txt.part").read_text() == "1\n2\n3\n"
    assert (tmp_path / "out.txt.part2").read_text() == "x\ny\n"


def test_what_others_keep_meanwhile_stays_when_a_file_is_begun_anew(
    tmp_path: Path, told: list[str]
) -> None:
    stop_after(make(tmp_path, told, run="a"), "1\n2\n", {})
    other, late = make(tmp_path, told, run="b"), make(tmp_path, told, run="b")
    (tmp_path / "out.txt.part").write_text("of another\n")
    with other.open({}) as file:
        file.write("x\n")
    assert (tmp_path / "out.txt.part").read_text() == "of another\n"
    assert (tmp_path / "out.txt.part2").read_text() == "1\n2\n"
    with late.open({}) as file:  # what was there has been taken away
        file.write("y\n")
    assert (tmp_path / "out.txt").read_text() == "y\n"
    assert not (tmp_path / "out.txt.part3").exists()


@pytest.mark.parametrize(
    "record",
    [
        b"{",
        b"\xff",
        b"null",
        b'{"facts": [], "left_out": {}}',
        *(b'{"facts": {"run": "b"}, "left_out": %s}' % wrong for wrong in (b"[]", b"null")),
        *(
            b'{"facts": {"run": "b"}, "left_out": %s}' % wrong
            for wrong in (b'{"x": ""}', b'{"0": 5}')
        ),
        b'{"facts": {"run": "b"}, "left_out": {}, "files": 5}',
    ],
)
def test_what_does_not_say_what_it_was_made_of_is_begun_anew(
    tmp_path: Path, told: list[str], record: bytes
) -> None:
    stop_after(make(tmp_path, told, run="b"), "x\ny\n", {})
    (tmp_path / "out.txt.incomplete.json").write_bytes(record)
    again = make(tmp_path, told, run="b")
    assert again.done == [] and "does not say what it was made of" in told[-1]
    with again.open({}) as file:
        file.write("z\n")
    assert (tmp_path / "out.txt").read_text() == "z\n"


def test_other_files_behind_lines_that_are_done_begin_anew(tmp_path: Path, told: list[str]) -> None:
    first = ("aaaaaaaa", "", "cccccccc", "dddddddd", "eeeeeeee")
    stop_after(make(tmp_path, told, first, run="a"), "1\n\n3\n4\n", {1: UserError("No such file")})
    gone = ("", "", "cccccccc", "", "88888888")  # and one that is not done is another
    for _ in range(2):
        again = make(tmp_path, told, gone, run="a")
        assert again.done == ["1", "", "3", "4"] and list(again.errors) == [1]
        stop_after(again, "5\n", {1: UserError("No such file")})
    assert make(tmp_path, told, first[:4], run="a").done == ["1", "", "3", "4"]  # they are back
    for others in (("aaaaaaaa", "bbbbbbbb"), ("99999999",), ("", "", "", "99999999")):
        other = make(tmp_path, told, others, run="a")
        assert other.done == []
        assert "anew: what is there was made with other files behind its inputs" in told[-1]
    record = tmp_path / "out.txt.incomplete.json"
    record.write_text('{"facts": {"run": "a"}, "left_out": {}}')  # of an earlier version
    assert make(tmp_path, told, first, run="a").done == ["1", "", "3", "4"]
    stop_after(other, "\n\n\n4\n", {})  # the first ones were gone when it was begun anew
    assert make(tmp_path, told, others, run="a").done == ["", "", "", "4"]
    assert make(tmp_path, told, first, run="a").done == []


def test_outputs_that_are_no_text_are_begun_anew(tmp_path: Path, told: list[str]) -> None:
    stop_after(make(tmp_path, told, run="b"), "x\ny\n", {})
    (tmp_path / "out.txt.incomplete").write_bytes(b"x\xff\ny\n")
    again = make(tmp_path, told, run="b")
    assert again.done == [] and "damaged" in told[-1]
    stop_after(again, "1\n2\n", {})
    assert (tmp_path / "out.txt.incomplete").read_text() == "1\n2\n"


def test_a_second_process_is_refused_while_one_writes(tmp_path: Path, told: list[str]) -> None:
    early = make(tmp_path, told)
    with make(tmp_path, told).open({}) as file:
        file.write("a\nb\n")
        file.flush()
        for refused in (lambda: early, lambda: make(tmp_path, told)):
            with (
                pytest.raises(UserError, match=r"Another process is writing these outputs.*file="),
                refused().open({}),
            ):
                pass
    assert [path.name for path in tmp_path.iterdir()] == ["out.txt"]
    assert (tmp_path / "out.txt").read_text() == "a\nb\n"


def test_what_has_changed_since_it_was_read_is_not_gone_on_with(
    tmp_path: Path, told: list[str]
) -> None:
    stop_after(make(tmp_path, told), "x\ny\n", {})
    early, other = make(tmp_path, told), make(tmp_path, told)
    with other.open({}) as file:
        file.write("z\n")
    with pytest.raises(UserError, match="in the meantime"), early.open({}):
        pass
    assert (tmp_path / "out.txt").read_text() == "x\ny\nz\n"


@pytest.mark.parametrize("name", ["out.txt.incomplete", "out.txt.incomplete.json"])
def test_a_folder_in_its_place_is_told(tmp_path: Path, told: list[str], name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(UserError, match="is a folder"):
        make(tmp_path, told)
