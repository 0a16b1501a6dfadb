"""Inputs that cannot be read are told by their lines; the others are decoded."""

from pathlib import Path

import pytest

from t2t_mm.errors import UserError
from t2t_mm.features import Image, Language
from t2t_mm.files.text_files import LONGEST_LINE
from t2t_mm.inference.input_lines import InputLines, LeftOutError, read_lines


def test_one_of_a_thousand_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.touch()
    lines, told = [str(picture)] * 1000, list[str]()
    lines[616], lines[7] = "lost.png", ""
    inputs = InputLines("list.txt", lines, Image(), told.append)
    assert len(told) == 1 and told[0].startswith("list.txt, line 617: There is no such input file")
    assert inputs.readable.count(str(picture)) == 998 and inputs.readable[616] == ""
    assert not inputs.expects_output(7) and not inputs.expects_output(616)
    assert inputs.expects_output(0)
    with pytest.raises(LeftOutError, match=r"^1 of 1,000 inputs.*line 617\..*lost\.png") as error:
        inputs.check(["x"] * 1000)
    assert error.value.outputs == ["x"] * 1000


def test_many_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    told: list[str] = []
    lines = [str(tmp_path / "a.png"), *["lost.png"] * 12]
    inputs = InputLines("list.txt", lines, Image(), told.append)
    inputs.skip(0, UserError("The picture is broken"))
    assert len(told) == 10
    with pytest.raises(LeftOutError, match="line 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 3 more"):
        inputs.check([""] * 13)


def test_where_no_input_is_there_it_is_another_folder() -> None:
    with pytest.raises(UserError, match="no such input file") as error:
        InputLines("list.txt", ["lost.png", "", "gone.png"], Image(), print)
    assert not isinstance(error.value, LeftOutError)


def test_files_of_lines_that_are_done_may_be_gone(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    told: list[str] = []
    lines = ["done.png", "done.png", str(tmp_path / "a.png"), "lost.png"]
    inputs = InputLines("list.txt", lines, Image(), told.append, start=2)
    assert list(inputs.errors) == [3] and len(told) == 1 and "line 4" in told[0]
    assert InputLines("list.txt", lines, Image(), told.append, start=4).errors == {}
    assert list(InputLines("list.txt", lines, Image(), told.append, start=3).errors) == [3]


def test_texts_name_no_files() -> None:
    inputs = InputLines("list.txt", ["lost.png", ""], Language("bytes"), print)
    inputs.check(["x", ""])
    assert inputs.readable == ["lost.png", ""]


def test_a_line_above_a_megabyte_is_told_by_its_place_within_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("1\n" + "2" * LONGEST_LINE + "\n\n" + "3" * LONGEST_LINE)
    lines, errors = read_lines(path)
    assert lines == ["1", "", "", "3" * LONGEST_LINE] and list(errors) == [1]
    assert read_lines(path, 1) == (["1"], {})
    told: list[str] = []
    inputs = InputLines("in.txt", lines, Language("bytes"), told.append)
    inputs.skip_all(errors, start=2)
    assert told == []
    inputs.skip_all(errors, start=1)
    assert told == ["in.txt, line 2: The line is longer than 1,048,576 bytes. Its output is empty."]
