"""Where a warm start begins, what it lends, and what it says after training."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_run import PROBLEMS, STEPS, TinyRun

from t2t_mm.errors import UserError
from t2t_mm.files.disk import claim_folder
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.run_directory import open_run
from t2t_mm.training import warm_start
from t2t_mm.training.warm_start import (
    _check_experts,
    begin_run,
    describe_change,
    find_source,
    lend_vocabularies,
)


def test_a_run_or_one_of_its_checkpoints(tiny_run: TinyRun) -> None:
    run, checkpoint = find_source(tiny_run.output_dir)
    assert checkpoint.step == STEPS and run.directory == tiny_run.output_dir
    older = tiny_run.output_dir / "checkpoints" / f"{STEPS - 5:08d}"
    run, checkpoint = find_source(older)
    assert checkpoint.step == STEPS - 5 and run.directory == tiny_run.output_dir
    with pytest.raises(UserError):
        find_source(tiny_run.data_dir)


def test_vocabularies_are_lent_where_there_are_none(tmp_path: Path) -> None:
    source, data = tmp_path / "run", tmp_path / "data"
    (source / "vocab").mkdir(parents=True)
    (source / "vocab" / "mine.labels").write_text("of the run")
    (source / "vocab" / "yours.labels").write_text("of the run")
    (data / "vocab").mkdir(parents=True)
    (data / "vocab" / "yours.labels").write_text("of the data")
    run = {"tasks": [], "data_dir": "", "user_modules": [], "data_digests": {}}
    hashes = {"vocabulary_hashes": {"mine": "", "yours": "", "bytes": ""}}
    (source / "run.json").write_text(json.dumps(run | hashes))
    (source / "hparams.json").write_text("{}")
    (source / "checkpoints" / "00000001").mkdir(parents=True)
    (source / "checkpoints" / "00000001" / "state.json").write_text("{}")
    lend_vocabularies(source, data)
    assert (data / "vocab" / "mine.labels").read_text() == "of the run"
    assert (data / "vocab" / "yours.labels").read_text() == "of the data"


@pytest.mark.parametrize(
    ("experts", "message"),
    [
        ({"num_experts": 2}, "cannot have fewer experts. Expected: at least 4"),
        ({"num_experts": 6}, "Give experts.entry_steps"),
        ({"gate": "problem"}, r"keeps its gate.*Expected: position.*experts\.gate='problem'"),
    ],
)
def test_experts_are_neither_taken_away_nor_added_at_once_nor_given_another_gate(
    tiny_run: TinyRun, tmp_path: Path, experts: dict[str, Any], message: str
) -> None:
    run = open_run(tiny_run.output_dir)
    hparams = replace(run.hparams, experts=replace(run.hparams.experts, **experts))
    asked = replace(run, directory=tmp_path / "new", hparams=hparams)
    with claim_folder(tmp_path / "new", "this run"), pytest.raises(UserError, match=message):
        begin_run(asked, tiny_run.output_dir, print)
    assert not list((tmp_path / "new").iterdir())


def test_a_run_without_experts_had_none(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    without = replace(run.hparams.experts, use_experts=False)
    source = replace(run, hparams=replace(run.hparams, experts=without))
    for num_experts in (2, 6):
        experts = replace(run.hparams.experts, num_experts=num_experts)
        asked = replace(run, hparams=replace(run.hparams, experts=experts))
        _check_experts(asked, source)
        with pytest.raises(UserError):
            _check_experts(asked, run)


def test_the_change_is_between_the_first_and_the_last_scores(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    facts = {"run": "old", "step": 5, "problems": [PROBLEMS[0]]}
    run = replace(open_run(tiny_run.output_dir), directory=tmp_path, warm_start=facts)
    records = [
        {"kind": "eval", "step": step, "problem": name, "log_perplexity": x, "accuracy": 10 * x}
        for name in PROBLEMS
        for step, x in ((0, 2.0), (5, 9.0), (10, 1.5))
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, records)))
    _, old, new = (line.split() for line in describe_change(run))
    assert old == [PROBLEMS[0], "2.0000", "1.5000", "20.00", "15.00", "-5.00"]
    assert new == [PROBLEMS[1], "2.0000", "1.5000", "20.00", "15.00", "-5.00", "new"]
    assert describe_change(replace(run, warm_start={})) == []


def test_a_run_is_begun_though_memory_is_too_little_to_compare_it(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any) -> Any:
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory, 12 bytes.")

    monkeypatch.setattr(warm_start, "restore_model", fail)
    asked = replace(open_run(tiny_run.output_dir), directory=tmp_path / "new")
    with claim_folder(tmp_path / "new", "this run"):
        begun = begin_run(asked, tiny_run.output_dir, print)
    assert [checkpoint.step for checkpoint in CheckpointStore(tmp_path / "new").list_checkpoints()]
    assert begun.is_unmoved and list(begun.outputs) == list(PROBLEMS)
    assert "not compared: the device has too little memory for both" in begun.describe()[-1]
