"""The table that is printed, and the problems that are mixed."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from t2t_mm.registry import PROBLEMS

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "mixture_memory.py"


@pytest.fixture(scope="module")
def program() -> Any:
    spec = importlib.util.spec_from_file_location("mixture_memory", PROGRAM)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del PROBLEMS._entries["same_letters"]


def test_the_peaks_are_printed_beside_that_of_one_problem(
    program: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = []

    def measure(number: int, data_dir: str, shuffle_megabytes: int, steps: int) -> int:
        asked.append((number, shuffle_megabytes, steps))
        return (900 + 2 * number) * 1_000_000

    monkeypatch.setattr(program, "measure_peak", measure)
    figures = tmp_path / "figures.json"
    assert program.main(["--problems=8,16", "--steps=3", f"--json={figures}"]) == 0
    assert asked == [(1, 64, 3), (8, 64, 3), (16, 64, 3)]
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1:] == [["1", "902", "0"], ["8", "916", "14"], ["16", "932", "30"]]
    assert json.loads(figures.read_text())["16"] == 932_000_000


def test_each_problem_has_letters_of_its_own(program: ModuleType) -> None:
    one, same, other = (program.SameLetters(argument=name) for name in "aab")
    assert list(one.generate("test")) == list(same.generate("test"))
    assert list(one.generate("test")) != list(other.generate("test"))
