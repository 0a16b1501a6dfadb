"""A study from its first cell to its page: it goes on, stops at its budget, and checks before."""

import dataclasses
import json
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from small_study import ROW, STUDY, TABLE, FakeCommands
from tiny_run import PROBLEMS, TinyRun

import t2t_mm
from t2t_mm import registry
from t2t_mm.data.records.stored import locate_data
from t2t_mm.errors import UserError
from t2t_mm.run.run_directory import open_run
from t2t_mm.study import Cell, Study, run_study
from t2t_mm.study.cell_record import CellRecord
from t2t_mm.study.cell_run import CellRun


def run(folder: Path, study: Study = STUDY, **more: Any) -> tuple[dict[str, Any], list[str]]:
    told: list[str] = []
    places = {"study_dir": folder / "study", "data_dir": folder / "data"}
    return run_study(study, **places, tell=told.append, **more), told


def test_all_cells_are_run_once_and_the_results_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    found, told = run(tmp_path)
    assert [line.partition(":")[0] for line in told[::2]] == [
        f"{number}/6 {name}, seed {seed}"
        for number, (name, seed) in enumerate(STUDY.list_runs(), 1)
    ]
    assert json.loads((tmp_path / "study/study.json").read_text()) == found
    assert (tmp_path / "study/study.md").exists() and (tmp_path / "study/study.html").exists()
    number = len(commands.calls)
    assert run(tmp_path) == (found, []) and len(commands.calls) == number


def test_a_cell_that_failed_stops_only_those_that_begin_with_it_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, failing=["alone"])
    found, told = run(tmp_path)
    assert "3/6 later, seed 1: not begun, since alone is not done" in told
    states = {name: cell["runs"]["1"]["state"] for name, cell in found["cells"].items()}
    assert states == {"both": "done", "later": "not run", "alone": "failed"}
    FakeCommands(monkeypatch)
    found, told = run(tmp_path)
    assert len(told) == 8
    assert {run["state"] for cell in found["cells"].values() for run in cell["runs"].values()} == {
        "done"
    }


def test_no_cell_is_begun_when_the_budget_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    record = CellRun.read_record

    def read(run: CellRun) -> CellRecord | None:
        found = record(run)
        return found and dataclasses.replace(found, seconds=50.0)

    monkeypatch.setattr(CellRun, "read_record", read)
    found, told = run(tmp_path, dataclasses.replace(STUDY, budget_seconds=90))
    assert told[-1] == "the budget of 90 s is spent (100 s): no other begins"
    assert found["cells"]["later"]["runs"]["1"]["state"] == "not run"


THERE = "t2t_mm.study.study_runner.is_generated"


def test_data_that_is_not_there_is_generated_for_all_cells_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    for known in (set(), {"algorithmic_copy"}, {"algorithmic_copy", "algorithmic_reverse"}):
        monkeypatch.setattr(THERE, lambda base, data_dir, known=known: base.name in known)
        run(tmp_path, generate=True, tmp_dir="raw")
    first, second = (flags for name, flags in commands.calls if name == "datagen")
    assert first["problems"] == "algorithmic_copy,algorithmic_reverse"
    assert first["tmp_dir"] == "raw"
    assert second["problems"] == "algorithmic_reverse"


@pytest.mark.parametrize(("trained", "size"), [(["shared"], "8192"), ([], None)])
def test_settings_of_vocabularies_are_for_data_with_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: list[str], size: str | None
) -> None:
    commands = FakeCommands(monkeypatch)
    monkeypatch.setattr(THERE, lambda base, data_dir: False)
    monkeypatch.setattr("t2t_mm.study.study_runner.list_text_vocabularies", lambda bases: trained)
    run(tmp_path, generate=True)
    (flags,) = (flags for name, flags in commands.calls if name == "datagen")
    assert flags.get("vocab_size") == size and ("vocab_bytes" in flags) == bool(trained)


def test_data_that_is_generated_is_compared_with_that_of_done_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    run(tmp_path)
    for folder in (tmp_path / "study/cells").glob("*/seed_*"):
        (folder / "run.json").write_text("{}")
    trained = SimpleNamespace(data_digests={"algorithmic_copy": "before"})
    monkeypatch.setattr("t2t_mm.run.run_directory.open_run", lambda folder: trained)

    class Generating(FakeCommands):
        def __call__(self, name: str, *more: Any) -> str:
            if name == "datagen":
                problem = registry.problem("algorithmic_copy")
                locate_data(problem, tmp_path / "data").mkdir(parents=True)
            return super().__call__(name, *more)

    commands = Generating(monkeypatch)
    monkeypatch.setattr(THERE, lambda *_: False)
    made = SimpleNamespace(read=lambda folder: SimpleNamespace(shards={}, lengths={"test": {}}))
    monkeypatch.setattr("t2t_mm.study.study_runner.Metadata", made)
    with pytest.raises(UserError, match="trained on other data than lies there now"):
        run(tmp_path, dataclasses.replace(STUDY, seeds=(1, 2, 3)), generate=True)
    assert [name for name, _ in commands.calls] == ["datagen"]


def test_missing_data_is_told_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    generated = {"algorithmic_reverse"}
    monkeypatch.setattr(THERE, lambda problem, data_dir: problem.name in generated)
    with pytest.raises(UserError, match="The data of algorithmic_copy has not been generated"):
        run(tmp_path)
    assert not commands.calls
    generated.add("algorithmic_copy")
    run(tmp_path)
    generated.clear()
    assert run(tmp_path)[1] == []  # all runs are done


def test_nothing_is_computed_where_something_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    wrong = {**STUDY.cells, "wrong": Cell(problems="algorithmic_copy", hparams="steps=many")}
    with pytest.raises(UserError, match=r"Cell 'wrong': train\.steps has the wrong type"):
        run(tmp_path, dataclasses.replace(STUDY, cells=wrong))
    assert not commands.calls and not (tmp_path / "study").exists()
    run(tmp_path)
    changed = {**STUDY.cells, "later": dataclasses.replace(STUDY.cells["later"], steps=3)}
    number = len(commands.calls)
    with pytest.raises(UserError, match="Cell 'later' was changed"):
        run(tmp_path, dataclasses.replace(STUDY, cells=changed))
    assert len(commands.calls) == number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_results_of_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    class Stopped(FakeCommands):
        def __call__(self, *given: Any) -> str:
            if len(self.calls) == 2:
                os.kill(os.getpid(), number)
                assert given[-1].wait(20)
                raise KeyboardInterrupt  # as a command does that has saved
            return super().__call__(*given)

    Stopped(monkeypatch)
    before = signal.getsignal(number)
    if before is signal.SIG_IGN:
        pytest.skip("the tests run under nohup")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    assert signal.getsignal(number) is before
    states = json.loads((tmp_path / "study/study.json").read_text())["cells"]["both"]["runs"]
    assert states["1"]["state"] == "done" and states["2"]["state"] == "not run"


@pytest.mark.slow
def test_two_cells_by_the_real_commands(tiny_run: TinyRun, tmp_path: Path) -> None:
    small = (
        "model.width=8,model.num_heads=2,model.encoder_blocks=1,model.mixer_blocks=0,"
        "model.decoder_blocks=1,experts.use_experts=false,data.batch_tokens=256"
    )
    shares = f"data.shares={{{PROBLEMS[0]}:0.5}}"
    cells = {
        "both": Cell(problems=",".join(PROBLEMS), steps=4, hparams=small),
        "alone": Cell(problems=PROBLEMS[0], steps=2, hparams=f"{small},{shares}"),
    }
    row = dataclasses.replace(ROW, cells={"both": "both"})
    table = dataclasses.replace(TABLE, rows=(row,), claims=())
    study = dataclasses.replace(STUDY, cells=cells, tables=(table,), seeds=(1,), limit=8)
    found = t2t_mm.run_study(study, study_dir=tmp_path / "study", data_dir=tiny_run.data_dir)
    assert 0 <= found["tables"][0]["rows"][0]["places"]["both"]["mean"] <= 100
    for name, steps in (("both", 4), ("alone", 2)):
        run = found["cells"][name]["runs"]["1"]
        assert run["state"] == "done"
        trained = open_run(tmp_path / "study" / run["folder"])
        assert trained.hparams.train.steps == steps and trained.hparams.train.seed == 1
    assert trained.hparams.data.shares == {PROBLEMS[0]: 0.5}


def test_a_split_that_a_problem_has_not_is_told_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    monkeypatch.setattr(
        type(registry.problem("algorithmic_copy")), "splits", ("train", "validation")
    )
    told = r"no test split of algorithmic_copy, and runs .*--split=validation"
    with pytest.raises(UserError, match=told):
        run(tmp_path)
    assert not commands.calls
    found, _ = run(tmp_path, dataclasses.replace(STUDY, split="validation"))
    assert found["cells"]["both"]["runs"]["1"]["state"] == "done"
