"""Outputs are written as they come; with them, for who goes on, why some are empty."""

import errno
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.inference.output_files import check_writable, tell_empty_outputs, write_outputs
from t2t_mm.inference.resumed_file import ResumedFile


def make(path: Path) -> ResumedFile:
    return ResumedFile(path, {"inputs": "a"}, window=1, total=4, tell=lambda _: None)


def test_what_is_gone_on_with_is_returned_whole_and_errors_are_kept_before_their_outputs(
    tmp_path: Path,
) -> None:
    errors: dict[int, UserError] = {}
    seen: list[dict[str, str]] = []

    def decode() -> Iterator[str]:
        yield "one"
        errors[1] = UserError("The picture is broken")
        yield ""
        seen.append(json.loads((tmp_path / "out.txt.incomplete.json").read_text())["left_out"])
        raise RuntimeError("the power fails")

    with pytest.raises(RuntimeError, match="the power fails"):
        write_outputs(decode(), 4, "copy", make(tmp_path / "out.txt"), errors)
    assert seen == [{"1": "The picture is broken."}]
    again = make(tmp_path / "out.txt")
    assert list(again.errors) == [1]
    outputs = write_outputs(["thr\nee", "four"], 4, "copy", again, again.errors)
    assert outputs == ["one", "", "thr\nee", "four"]
    assert (tmp_path / "out.txt").read_text() == "one\n\nthr ee\nfour\n"


def test_empty_outputs_are_told_only_if_there_are_any(capsys: pytest.CaptureFixture[str]) -> None:
    tell_empty_outputs(["a", "b"])
    assert capsys.readouterr().err == ""
    tell_empty_outputs(["a", "", "b", " ", "c"])
    assert capsys.readouterr().err == "2 of 5 outputs are empty\n"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "out.txt")
    with pytest.raises(UserError, match="decode_to_file"):
        check_writable(tmp_path)
    with pytest.raises(UserError, match=r"not packed.*out\.jsonl\.gz"):
        check_writable(tmp_path / "out.jsonl.gz")


def test_a_device_is_written_to_though_its_folder_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: str(path) == os.devnull)
    check_writable(Path(os.devnull))


def test_outputs_do_not_take_the_place_of_their_inputs(tmp_path: Path) -> None:
    inputs = tmp_path / "in.txt"
    check_writable(inputs, inputs)  # it is not there
    inputs.write_text("A tree.\n")
    (tmp_path / "link.txt").symlink_to(inputs)
    for path in (inputs, tmp_path / "link.txt"):
        with pytest.raises(UserError, match="take the place of the inputs"):
            check_writable(path, inputs)
    check_writable(tmp_path / "out.txt", inputs)
    check_writable(inputs, "-")


def fill_the_disk() -> Iterator[str]:
    yield "one"
    yield "two"
    raise OSError(errno.ENOSPC, "No space left on device")


def test_on_a_full_disk_what_is_there_is_kept_and_told(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with pytest.raises(UserError, match=r"disk is full.*is kept in .*out\.txt\.part"):
        write_outputs(fill_the_disk(), 4, "copy", path)
    assert (tmp_path / "out.txt.part").read_text() == "one\ntwo\n"
    with pytest.raises(UserError, match=r"disk is full.*run the same command again"):
        write_outputs(fill_the_disk(), 4, "copy", make(path))
    assert make(path).done == ["one", "two"]


def test_what_was_kept_of_other_inputs_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with pytest.raises(UserError, match="disk is full"):
        write_outputs(fill_the_disk(), 4, "copy", make(path))
    with pytest.raises(UserError, match="disk is full"):
        write_outputs(itertools.chain(["of", "others"], fill_the_disk()), 9, "copy", path)
    assert make(path).done == ["one", "two"]


def test_a_link_in_the_place_of_what_is_unfinished_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("of another\n")
    (tmp_path / "out.txt.incomplete").symlink_to(other)
    with pytest.raises(UserError, match="is a link"):
        write_outputs(["one"], 1, "copy", make(tmp_path / "out.txt"))
    write_outputs(["one"], 1, "copy", tmp_path / "out.txt")
    assert other.read_text() == "of another\n"
