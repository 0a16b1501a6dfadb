"""One run of a cell: what it is told, what is kept of it, and what it is not mixed with."""

import dataclasses
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from small_study import STUDY, FakeCommands, make_scores, prepare

from t2t_mm.errors import UserError
from t2t_mm.files.disk import claim_folder
from t2t_mm.files.sealed_json import seal_json
from t2t_mm.registry import load_hparams
from t2t_mm.settings.hparams_json import to_json
from t2t_mm.study.cell_record import write_cell_record
from t2t_mm.study.cell_run import CellRun
from t2t_mm.study.checked_study import check_study
from t2t_mm.study.definition import Study
from t2t_mm.study.study_place import Workplace


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
    prepare(tmp_path)[name, 1].check_unchanged({})
    study = dataclasses.replace(study, tables=())
    with pytest.raises(UserError) as error:
        prepare(tmp_path, study)[name, 1].check_unchanged({})
    assert message in str(error.value) and f"Cell '{name}' was changed" in str(error.value)
    prepare(tmp_path, study)["both", 1].check_unchanged({})


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
            run.check_unchanged({})
    with pytest.raises(UserError, match=r"model\.dropout: run has 0\.3, asked for 0\.0"):
        run.check_unchanged({})


def test_a_damaged_record_is_an_error(tmp_path: Path) -> None:
    run = prepare(tmp_path)["alone", 1]
    run.folder.mkdir(parents=True)
    for text in ("{", json.dumps({"definition": {}, "colour": 1})):
        (run.folder / "cell.json").write_text(text)
        with pytest.raises(UserError, match=r"cell\.json is damaged"):
            run.read_state()


def test_a_field_that_is_set_to_nothing_drops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    study = changed(hparams="model.dropout=0.2,optimizer.freeze=")
    prepare(tmp_path, study)["alone", 1].complete()
    flags = commands.calls[0][1]
    assert flags["hparams"] == "model.dropout=0.2,optimizer.freeze=" and "" not in flags.values()


def test_what_was_scored_without_its_outputs_is_decoded_where_a_table_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    prepare(tmp_path)["both", 1].complete()
    table = STUDY.tables[0]
    decoded = dataclasses.replace(table, rows=(dataclasses.replace(table.rows[0], metric="main"),))
    run = prepare(tmp_path, dataclasses.replace(STUDY, tables=(decoded,)))["both", 1]
    assert run.read_state()[0] == "begun"
    run.complete()
    assert "decode" in commands.calls[-1][1] and run.read_state()[0] == "done"


def test_a_metric_that_a_problem_has_got_since_is_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, row = STUDY.tables[0], STUDY.tables[0].rows[0]
    rows = [dataclasses.replace(row, metric=metric) for metric in ("bleu", "chrf")]
    tables = [dataclasses.replace(table, rows=(one,)) for one in rows]
    commands = FakeCommands(monkeypatch)
    prepare(tmp_path, dataclasses.replace(STUDY, tables=tables[:1]))["both", 1].complete()
    run = prepare(tmp_path, dataclasses.replace(STUDY, tables=tables[1:]))["both", 1]
    assert run.read_state()[0] == "begun"
    commands.decoded = {"bleu": 9.0, "chrf": 8.0}
    run.complete()
    assert "decode" in commands.calls[-1][1] and run.read_state()[0] == "done"


def test_a_problem_without_the_split_fails_its_cell_and_keeps_the_other_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, without_split=["algorithmic_reverse"])
    table, row = STUDY.tables[0], STUDY.tables[0].rows[0]
    reverse = dataclasses.replace(row, problem="algorithmic_reverse", cells={"both": "both"})
    rows = (row, dataclasses.replace(reverse, label="reversing"))
    both = dataclasses.replace(STUDY, tables=(dataclasses.replace(table, rows=rows, claims=()),))
    run = prepare(tmp_path, both)["both", 1]
    run.complete()
    assert run.read_state() == ("failed", "no score of algorithmic_reverse on the test split")
    assert "algorithmic_copy" in run.read_scores()


def test_a_cell_that_failed_before_there_was_a_run_may_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch, failing=["alone"])
    prepare(tmp_path)["alone", 1].complete()
    FakeCommands(monkeypatch)
    run = prepare(tmp_path, changed(steps=7))["alone", 1]
    run.check_unchanged({})
    run.complete()
    assert run.read_state()[0] == "done"
    run.check_unchanged({})


def test_a_cell_that_was_stopped_before_there_was_a_run_may_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("t2t_mm.study.cell_run.call_command", stop)
    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path)["alone", 1].complete()
    prepare(tmp_path, changed(steps=7))["alone", 1].check_unchanged({})
    FakeCommands(monkeypatch)
    prepare(tmp_path)["alone", 1].complete()
    with pytest.raises(UserError, match="was trained before that"):
        prepare(tmp_path, changed(steps=7))["alone", 1].check_unchanged({})


@pytest.mark.parametrize("limit", [0, 300])
def test_scores_of_a_scoring_that_was_stopped_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    commands = FakeCommands(monkeypatch)
    row = dataclasses.replace(STUDY.tables[0].rows[0], metric="bleu", cells={"both": "both"})
    rows = (row, dataclasses.replace(row, problem="algorithmic_reverse", label="reversing"))
    table = dataclasses.replace(STUDY.tables[0], rows=rows, claims=())
    run = prepare(tmp_path, dataclasses.replace(STUDY, tables=(table,), limit=limit))["both", 1]
    copied = {"algorithmic_copy": make_scores(70.0) | {"bleu": 8.0, "samples": []}}

    def stop(name: str, arguments: Sequence[str], *more: Any) -> str:
        if name == "eval":  # when one of two is scored
            folder = run.folder / "decoded/test-8"
            folder.mkdir(parents=True)
            (folder / "results.json").write_text(seal_json(copied))
            return "t2t-eval: error: the other one is bad"
        return commands(name, arguments, *more)

    monkeypatch.setattr("t2t_mm.study.cell_run.call_command", stop)
    run.complete()
    assert run.read_state()[0] == "failed"
    assert run.read_scores() == {"algorithmic_copy": make_scores(70.0) | {"bleu": 8.0}}
    monkeypatch.setattr("t2t_mm.study.cell_run.call_command", commands)
    run.complete()
    assert run.read_state()[0] == "done"
    assert commands.calls[-1][1]["problems"] == "algorithmic_reverse"


def test_other_data_is_not_mixed_with_old_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    run = prepare(tmp_path)["alone", 1]
    run.complete()
    (run.folder / "run.json").write_text("{}")
    told = SimpleNamespace(data_digests={"algorithmic_copy": "a"})
    monkeypatch.setattr("t2t_mm.run.run_directory.open_run", lambda folder: told)
    run.check_unchanged({"algorithmic_copy": "a", "mini_ende": "c"})
    run.check_unchanged({})  # no data is there, as beside a copy of the runs alone
    with pytest.raises(UserError, match="other data than lies there now"):
        run.check_unchanged({"algorithmic_copy": "b"})


def test_changed_settings_of_decoding_are_found_where_outputs_were_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    table = STUDY.tables[0]
    decoded = dataclasses.replace(table, rows=(dataclasses.replace(table.rows[0], metric="main"),))
    for study, refuses in ((STUDY, False), (dataclasses.replace(STUDY, tables=(decoded,)), True)):
        run = prepare(tmp_path / str(refuses), study)["alone", 1]
        run.complete()
        overrides = "model.dropout=0,train.seed=1,decode.beam_size=4"
        hparams = load_hparams("multimodel_tiny", overrides=overrides, fields={"train.steps": 4})
        (run.folder / "hparams.json").write_text(to_json(hparams))
        if not refuses:
            run.check_unchanged({})
    with pytest.raises(UserError, match=r"decode\.beam_size: run has 4, asked for 1"):
        run.check_unchanged({})


def test_backends_are_not_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    FakeCommands(monkeypatch)
    run = prepare(tmp_path)["both", 1]
    run.complete()
    (run.folder / "run.json").write_text('{"backend": "jax"}')
    told = SimpleNamespace(data_digests={})
    monkeypatch.setattr("t2t_mm.run.run_directory.open_run", lambda folder: told)
    place = Workplace(tmp_path / "study", tmp_path / "data")
    assert "--backend=jax" in place.list_flags()  # as the run that is there
    for backend in ("", "jax"):
        asked = dataclasses.replace(place, backend=backend)
        CellRun(check_study(STUDY), "both", 1, asked).check_unchanged({})
    asked = dataclasses.replace(place, backend="tensorflow")
    with pytest.raises(UserError, match=r"another backend\. Expected: tensorflow.*'jax'"):
        CellRun(check_study(STUDY), "both", 1, asked).check_unchanged({})


def test_a_run_does_not_outlive_the_one_that_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    runs = prepare(tmp_path)
    runs["alone", 1].complete()
    manifest = runs["alone", 1].folder / "checkpoints" / "00000004" / "manifest.json"
    manifest.write_text("first")
    runs["later", 1].complete()
    runs["later", 1].check_unchanged({})
    for change in (lambda: manifest.write_text("second"), manifest.unlink):
        change()
        with pytest.raises(UserError, match="began with a run of cell 'alone' that is not there"):
            runs["later", 1].check_unchanged({})
    record = runs["later", 1].read_record()
    assert record and record.source
    write_cell_record(runs["later", 1].folder, dataclasses.replace(record, source=""))
    runs["later", 1].check_unchanged({})  # made by an earlier version


def test_a_trainer_that_a_killed_study_left_behind_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = FakeCommands(monkeypatch)
    run = prepare(tmp_path)["both", 1]
    with claim_folder(run.folder, "this run"):
        thread = threading.Thread(target=run.complete)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive() and not commands.calls
    thread.join()
    assert run.read_state() == ("done", "")
    with claim_folder(run.folder, "this run"), pytest.raises(KeyboardInterrupt):
        run.stop()
        run.complete()
