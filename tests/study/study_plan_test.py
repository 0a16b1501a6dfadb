"""What is left of a study, timed by what is done."""

import dataclasses
from pathlib import Path

import pytest
from small_study import ROW, STUDY, TABLE, FakeCommands, prepare

from t2t_mm.study.cell_record import CellRecord
from t2t_mm.study.cell_run import CellRun
from t2t_mm.study.checked_study import check_study
from t2t_mm.study.study_plan import plan_study


def test_times_are_those_of_the_cell_or_of_others_by_their_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, failing=["later"])
    checked, runs = check_study(STUDY), prepare(tmp_path)
    assert {plan.seconds for plan in plan_study(checked, runs)} == {None}
    record = CellRun.read_record
    for name in ("alone", "later"):
        runs[name, 1].complete()

    def read(run: CellRun) -> CellRecord | None:
        found = record(run)
        return found and CellRecord(found.definition, 20.0, found.failed, found.scores)

    monkeypatch.setattr(CellRun, "read_record", read)
    plans = {plan.name: plan for plan in plan_study(checked, runs)}
    alone, both, later = plans["alone"], plans["both"], plans["later"]
    assert (alone.seconds, alone.is_measured, alone.done, alone.runs) == (20.0, True, 1, 2)
    assert (both.seconds, both.is_measured, both.steps) == (40.0, False, 8)
    assert (later.seconds, later.done) == (10.0, 0)


def test_what_has_diverged_is_not_left_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, diverging=["both"])
    checked, runs = check_study(STUDY), prepare(tmp_path)
    runs["both", 1].complete()
    plans = {plan.name: (plan.done, plan.runs) for plan in plan_study(checked, runs)}
    assert plans == {"both": (0, 1), "alone": (0, 2), "later": (0, 2)}


def test_what_is_trained_has_to_be_scored_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    prepare(tmp_path)["alone", 1].complete()
    row = dataclasses.replace(ROW, metric="bleu")
    decoded = dataclasses.replace(STUDY, tables=(dataclasses.replace(TABLE, rows=(row,)),))
    runs = prepare(tmp_path, decoded)
    plans = {plan.name: plan for plan in plan_study(check_study(decoded), runs)}
    alone = plans["alone"]
    assert (alone.done, alone.unscored, alone.runs, alone.is_measured) == (0, 1, 2, True)
    assert (plans["both"].unscored, plans["both"].is_measured) == (0, False)
