"""Gradients of runs that are done are measured once; what fails is told."""

import dataclasses
from pathlib import Path

import pytest
from small_study import STUDY, FakeCommands, prepare

from t2t_mm.study.checked_study import check_study
from t2t_mm.study.measuring import measure_gradients
from t2t_mm.study.study_place import Workplace

ASKED = dataclasses.replace(STUDY, gradients_of="both")


def measure(folder: Path) -> list[str]:
    told: list[str] = []
    place = Workplace(folder / "study", folder / "data")
    measure_gradients(check_study(ASKED), prepare(folder, ASKED), place, told.append)
    return told


def test_each_run_that_is_done_is_measured_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    commands = FakeCommands(monkeypatch)
    runs = prepare(tmp_path, ASKED)
    for key in (("both", 1), ("alone", 1)):
        runs[key].complete()
    before = len(commands.calls)
    assert measure(tmp_path) == ["gradients of both, seed 1: 1 checkpoints"]
    ((module, given),) = commands.calls[before:]
    assert module.endswith("gradient_cosines") and given == {"data_dir": str(tmp_path / "data")}
    assert commands.env["KERAS_BACKEND"] == "tensorflow" and "PATH" in commands.env
    assert measure(tmp_path) == []
    (runs["both", 1].folder / "checkpoints" / "00000009").mkdir()
    assert len(measure(tmp_path)) == 1  # one that was not measured


def test_a_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeCommands(monkeypatch)
    prepare(tmp_path, ASKED)["both", 1].complete()
    FakeCommands(monkeypatch, failing=["both"])
    assert measure(tmp_path)[1:] == ["gradients of both, seed 1: it failed"]
