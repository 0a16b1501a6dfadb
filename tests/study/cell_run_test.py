"""One run of a cell: what it is told, what is kept of it, and what it is not mixed with."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from small_study import STUDY, FakeCommands, prepare

from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams
from t2t_mm.settings.hparams_json import to_json
from t2t_mm.study.cell_run import CellRun, Workplace, call_command
from t2t_mm.study.checked_study import check_study
from t2t_mm.study.definition import Study


def test_it_trains_and_scores_what_tables_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch, {("both", 2): 75.0})
    run = prepare(tmp_path)["both", 2]
    assert run.read_state() == ("not run", "")
    run.complete()
    (_, trained), (_, scored) = commands.calls
    assert trained["problems"] == "algorithmic_copy,algorithmic_reverse"
    assert (trained["train_steps"], trained["random_seed"], trained["schedule"]) == (
        "8",
        "2",
        "train",
    )
    assert scored["problems"] == "algorithmic_copy" and "nodecode" in scored
    assert trained["output_dir"] == scored["output_dir"] == str(run.folder)
    assert run.read_state() == ("done", "")
    assert run.read_scores()["algorithmic_copy"]["teacher_forced"]["accuracy"] == 75.0
    assert run.address == "cells/both/seed_2" and not (run.folder / "scores.json").exists()


def test_it_begins_with_the_run_of_the_same_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    runs = prepare(tmp_path)
    runs["later", 2].complete()
    ((name, flags),) = commands.calls  # no table asks for its scores
    assert name == "trainer" and flags["warm_start_from"] == str(runs["alone", 2].folder)


def test_what_decodes_and_what_does_not_are_scored_apart_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    table, row = STUDY.tables[0], STUDY.tables[0].rows[0]
    reverse = dataclasses.replace(row, problem="algorithmic_reverse", cells={"both": "both"})
    rows = (row, dataclasses.replace(reverse, metric="main"))
    more = dataclasses.replace(
        STUDY, limit=9, tables=(dataclasses.replace(table, rows=rows, claims=()),)
    )
    prepare(tmp_path)["both", 1].complete()
    run = prepare(tmp_path, dataclasses.replace(more, limit=0))["both", 1]
    assert run.read_state() == ("begun", "")
    run.complete()
    evaluations = [flags for name, flags in commands.calls if name == "eval"]
    assert [flags["problems"] for flags in evaluations] == [
        "algorithmic_copy",
        "algorithmic_reverse",
    ]
    assert "decode" in evaluations[1] and run.read_state()[0] == "done"
    assert prepare(tmp_path, more)["both", 1].read_state()[0] == "begun"  # other examples


def test_a_failure_and_a_loss_that_is_not_finite_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, failing=["alone"], diverging=["both"])
    runs = prepare(tmp_path)
    for run in runs.values():
        run.complete()
    assert runs["alone", 1].read_state() == (
        "failed",
        "t2t-trainer: error: 5 batches in a row had no finite loss",
    )
    assert runs["both", 1].read_state() == ("diverged", "no finite loss on algorithmic_copy")
    FakeCommands(monkeypatch)  # the cause is gone
    runs["alone", 1].complete()
    assert runs["alone", 1].read_state() == ("done", "")


def changed(**values: object) -> Study:
    cell = dataclasses.replace(STUDY.cells["alone"], **values)  # type: ignore[arg-type]
    return dataclasses.replace(STUDY, cells={**STUDY.cells, "alone": cell})


@pytest.mark.parametrize(
    ("name", "study", "message"),
    [
        ("alone", changed(steps=5), "steps: 4, now 5"),
        ("alone", changed(hparams="model.dropout=0.2"), "hparams: 'model.dropout=0', now"),
        ("alone", changed(problems="mini_ende"), "now ['mini_ende']"),
        ("later", changed(steps=5), "warm_start: "),
    ],
)
def test_a_changed_cell_is_not_mixed_with_its_old_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, study: Study, message: str
) -> None:
    FakeCommands(monkeypatch)
    prepare(tmp_path)[name, 1].complete()
    prepare(tmp_path)[name, 1].check_unchanged()
    study = dataclasses.replace(study, tables=())
    with pytest.raises(UserError) as error:
        prepare(tmp_path, study)[name, 1].check_unchanged()
    assert message in str(error.value) and f"Cell '{name}' was changed" in str(error.value)
    prepare(tmp_path, study)["both", 1].check_unchanged()


def test_a_changed_set_of_settings_is_found_in_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    run = prepare(tmp_path)["alone", 1]
    run.complete()
    for seed, dropout in ((1, 0.0), (1, 0.3)):
        overrides = f"model.dropout={dropout},train.seed={seed}"
        fields = {"train.steps": 4}
        hparams = load_hparams("multimodel_tiny", overrides=overrides, fields=fields)
        (run.folder / "hparams.json").write_text(to_json(hparams))
        if not dropout:
            run.check_unchanged()
    with pytest.raises(UserError, match=r"model\.dropout: run has 0\.3, asked for 0\.0"):
        run.check_unchanged()


def test_a_damaged_record_is_an_error(tmp_path: Path) -> None:
    run = prepare(tmp_path)["alone", 1]
    run.folder.mkdir(parents=True)
    for text in ("{", json.dumps({"definition": {}, "colour": 1})):
        (run.folder / "cell.json").write_text(text)
        with pytest.raises(UserError, match=r"cell\.json is damaged"):
            run.read_state()


def test_all_commands_are_told_where_things_are(tmp_path: Path) -> None:
    place = Workplace(tmp_path, Path("data"), ["mine", "yours"], "jax")
    told = ["--data_dir=data", "--t2t_usr_dir=mine", "--t2t_usr_dir=yours", "--backend=jax"]
    assert place.list_flags() == told
    assert CellRun(check_study(STUDY), "both", 1, place).folder == tmp_path / "cells/both/seed_1"


def test_a_command_says_why_it_failed_and_its_log_is_added_to(tmp_path: Path) -> None:
    log = tmp_path / "deep" / "study.log"
    assert call_command("registry", ["list", "--kind=modality"], log) == ""
    failed = call_command("registry", ["describe", "mini_endee"], log)
    assert failed.startswith("t2t-registry: error: Nothing is registered as 'mini_endee'")
    said = log.read_text()
    assert "categorical" in said and failed in said and "t2t_registry list" in said


def test_an_interrupt_ends_the_command_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('saved')))\n"
        "time.sleep(20)"
    )
    started = []

    def start(line: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", program], **options))  # type: ignore[call-overload]
        threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
        return started[0]

    monkeypatch.setattr("t2t_mm.study.cell_run.subprocess", SubprocessStub(start))
    # A shell lets what it starts in the background ignore it, and so would the command.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            call_command("trainer", [], tmp_path / "study.log")
    finally:
        signal.signal(signal.SIGINT, before)
    assert started[0].poll() == 0 and "saved" in (tmp_path / "study.log").read_text()


class SubprocessStub:
    """The module `subprocess` with another way to start."""

    DEVNULL, STDOUT = subprocess.DEVNULL, subprocess.STDOUT

    def __init__(self, start: object) -> None:
        self.Popen = start
