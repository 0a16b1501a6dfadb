"""From runs to numbers: means, gains of equal seeds, and what is left out of both."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from kept_outputs import keep_outputs, make_outputs
from small_study import CLAIM, ROW, STUDY, TABLE, FakeCommands, prepare

from t2t_mm.study.checked_study import check_study
from t2t_mm.study.definition import Row, Study
from t2t_mm.study.study_results import collect_results, write_sentence

REACHED = {("alone", 1): 60.0, ("alone", 2): 62.0, ("both", 1): 70.0, ("both", 2): 74.0}


def collect(folder: Path, study: Study = STUDY) -> dict[str, Any]:
    return collect_results(check_study(study), prepare(folder, study))


def complete(folder: Path, study: Study = STUDY) -> dict[str, Any]:
    for run in prepare(folder, study).values():
        run.complete()
    return collect(folder, study)


def test_nothing_is_known_before_anything_ran(tmp_path: Path) -> None:
    (table,) = collect(tmp_path)["tables"]
    place = table["rows"][0]["places"]["both"]
    assert place == {
        "cell": "both",
        "missing": {"not run": 2},
        "values": {},
        "mean": None,
        "deviation": None,
        "reported": 98.5,
        "curve": [],
    }
    assert write_sentence(table["claims"][0]) == (
        "Open: Reversing helps copying. No seed has a pair of runs in every row."
    )


def test_means_and_gains_are_over_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeCommands(monkeypatch, REACHED)
    found = complete(tmp_path)
    place = found["tables"][0]["rows"][0]["places"]["both"]
    assert place["values"] == {"1": 70.0, "2": 74.0} and place["mean"] == 72.0
    assert place["deviation"] == pytest.approx(8**0.5)
    (claim,) = found["tables"][0]["claims"]
    assert claim["rows"][0]["gains"] == {"1": 10.0, "2": 12.0}
    assert claim["interval"] == pytest.approx([11 - 12.706, 11 + 12.706], abs=1e-3)
    assert claim["verdict"] == "open" and claim["rows"][0]["example_interval"] is None
    assert found["cells"]["both"]["runs"]["2"]["folder"] == "cells/both/seed_2"


def test_less_is_better_of_perplexity_and_a_gain_then_a_fall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, losses={"alone": 0.75, "both": 0.5})
    row = dataclasses.replace(ROW, metric="log_perplexity")
    study = dataclasses.replace(STUDY, tables=(dataclasses.replace(TABLE, rows=(row,)),))
    claim = complete(tmp_path, study)["tables"][0]["claims"][0]
    assert claim["mean"] == 0.25 and claim["verdict"] == "supported"


def test_runs_that_failed_or_diverged_are_marked_and_not_averaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, REACHED, diverging=["both"])
    prepare(tmp_path)["both", 1].complete()
    FakeCommands(monkeypatch, REACHED)
    for key in (("both", 2), ("alone", 1), ("alone", 2)):
        prepare(tmp_path)[key].complete()
    found = collect(tmp_path)
    assert found["cells"]["both"]["runs"]["1"]["state"] == "diverged"
    places = found["tables"][0]["rows"][0]["places"]
    assert places["both"]["missing"] == {"diverged": 1}
    assert places["both"]["values"] == {"2": 74.0} and places["both"]["deviation"] is None
    claim = found["tables"][0]["claims"][0]
    assert claim["rows"][0]["gains"] == {"2": 12.0} and claim["verdict"] == "open"
    assert write_sentence(claim).endswith("+12.00 (one seed has no interval; 1 seed).")


def test_a_claim_is_about_the_mean_over_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, {**REACHED, ("later", 1): 60.0, ("later", 2): 60.0})
    rows = (
        ROW,
        Row(problem=ROW.problem, cells={"alone": "later", "both": "alone"}),
        Row(problem=ROW.problem, cells={"alone": "later"}),
    )
    study = dataclasses.replace(STUDY, tables=(dataclasses.replace(TABLE, rows=rows),))
    claim = complete(tmp_path, study)["tables"][0]["claims"][0]
    assert [row["gains"] for row in claim["rows"]] == [{"1": 10.0, "2": 12.0}, {"1": 0.0, "2": 2.0}]
    assert claim["mean"] == 6.0 and claim["seeds"] == 2  # 5 and 7


def test_a_row_whose_runs_failed_is_left_out_of_the_mean_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, REACHED, failing=["later"])
    lost = Row(problem=ROW.problem, cells={"alone": "later", "both": "both"})
    study = dataclasses.replace(STUDY, tables=(dataclasses.replace(TABLE, rows=(ROW, lost)),))
    claim = complete(tmp_path, study)["tables"][0]["claims"][0]
    assert claim["mean"] == 11.0 and claim["rows"][1]["mean"] is None
    told = "of 2 rows 0 supported, 0 contradicted, 1 open, 1 without a pair of runs and not in the"
    assert told in write_sentence(claim)


def test_decoded_outputs_also_have_an_interval_over_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    FakeCommands(monkeypatch).decoded = {"wer": 50.0}
    row = Row(problem="mini_speech", cells=ROW.cells, metric="wer")
    cells = {
        name: dataclasses.replace(STUDY.cells[name], problems="mini_speech")
        for name in ("alone", "both")
    }
    table = dataclasses.replace(TABLE, rows=(row,), claims=(CLAIM,))
    study = dataclasses.replace(STUDY, cells=cells, tables=(table,))
    for (name, seed), run in prepare(tmp_path, study).items():
        run.complete()
        outputs = {"mini_speech": make_outputs(9 if name == "alone" else 1 + seed)}
        keep_outputs(run.folder / f"decoded/test-{run.cell.steps}", outputs)
        other = {"mini_speech": make_outputs(5)}  # of another checkpoint, looked at later
        keep_outputs(run.folder / "decoded/test-3", other)
        kept = run.read_record()
        assert kept is not None
        scores = {**kept.scores["test"]["mini_speech"], "wer": 10.0 + 5 * (name == "alone")}
        run._write(dataclasses.replace(kept, scores={"test": {"mini_speech": scores}}))
    ((gain,),) = ([*claim["rows"]] for claim in collect(tmp_path, study)["tables"][0]["claims"])
    assert gain["mean"] == 5.0
    low, high = gain["example_interval"]
    assert 0 < low < high
    for content in ("{", ""):
        path = tmp_path / "study/cells/both/seed_1/decoded/test-8/results.json"
        path.write_text(content) if content else path.unlink()
        caplog.clear()
        (claim,) = collect(tmp_path, study)["tables"][0]["claims"]
        assert claim["rows"][0]["example_interval"] is None
        assert "No interval of the choice of examples for mini_speech" in caplog.text


def test_gains_of_all_columns_over_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeCommands(monkeypatch, {**REACHED, ("later", 1): 50.0, ("later", 2): 51.0})
    rows = (
        ROW,
        dataclasses.replace(
            ROW, label="again", cells={"alone": "both", "later": "later"}, reported={}
        ),
    )
    tables = (dataclasses.replace(TABLE, rows=rows, gains_over="alone"), TABLE)
    found = complete(tmp_path, dataclasses.replace(STUDY, tables=tables))["tables"]
    gains = {
        (column, label): row["gains"]
        for column, rows in found[0]["gains"].items()
        for label, row in rows.items()
    }
    assert gains == {
        ("both", "copying"): {"1": 10.0, "2": 12.0},
        ("later", "again"): {"1": -20.0, "2": -23.0},
    }
    assert found[1]["gains"] == {}


def test_gradients_are_those_of_the_first_run_that_has_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = dataclasses.replace(STUDY, gradients_of="both")
    commands = FakeCommands(monkeypatch)
    complete(tmp_path, study)
    assert collect(tmp_path, study)["gradients"] == {}
    run = prepare(tmp_path)["both", 2]
    commands.measure("any", [str(run.folder), "data"], run.folder, {})
    found = collect(tmp_path, study)["gradients"]
    assert (found["seed"], found["folder"]) == (2, "cells/both/seed_2")
    assert list(found["steps"]) == ["4", "8"]
    assert collect(tmp_path)["gradients"] == {}
