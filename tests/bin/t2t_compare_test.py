"""t2t-compare: a table for people, JSON for programs, one error for mistakes."""

import json
from pathlib import Path

import pytest
from kept_outputs import keep_outputs, make_outputs

from t2t_mm.bin import t2t_compare


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    outputs = [{"one": make_outputs(9), "two": make_outputs(1)}, {"one": make_outputs(1)}]
    return [
        str(keep_outputs(tmp_path / name, decoded))
        for name, decoded in zip(
            ("first/decoded/test-5", "second/decoded/test-70"), outputs, strict=True
        )
    ]


def test_the_table_says_who_is_better_and_what_the_numbers_are(
    runs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert t2t_compare.main(runs) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["test split", f"A  {runs[0]}, test-5", f"B  {runs[1]}, test-70"]
    (row,) = (line for line in lines if line.startswith("one"))
    assert "12*" in row and "WER" in row and "12.5" in row and "B is better (p = 0.0" in row
    assert "CER" in lines[lines.index(row) + 1]
    assert "Koehn 2004" in lines[-2] and lines[-1].startswith("* Fewer than 100 examples")


def test_json_is_all_that_is_printed(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert t2t_compare.main([*runs, "--json", "--split=test"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["one"]["better"] == "b" and list(printed) == ["one"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "RUN_A RUN_B"),
        (["FIRST"], "RUN_A RUN_B"),
        (["FIRST", "SECOND", "FIRST"], "RUN_A RUN_B"),
        (["FIRST", "NOWHERE"], "t2t-eval --output_dir="),
        (["FIRST", "SECOND", "--split=tset"], "No decoded outputs of the tset split"),
        (["FIRST", "SECOND", "--splits=test"], "Did you mean '--split'"),
    ],
)
def test_bad_input_is_one_error_with_exit_code_2(
    runs: list[str],
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paths = {"FIRST": runs[0], "SECOND": runs[1], "NOWHERE": str(tmp_path / "nowhere")}
    assert t2t_compare.main([paths.get(word, word) for word in arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-compare: error: ") and message in error
