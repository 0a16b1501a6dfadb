"""A run from names to its folder: what it leaves, how it resumes, what it refuses."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_run import PROBLEMS, STEPS, TINY, TinyRun

from t2t_mm.config import HParams, load_hparams
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec
from t2t_mm.registry import problem
from t2t_mm.training.checkpoint import CheckpointStore
from t2t_mm.training.inputs import batch_spec
from t2t_mm.training.train import train


def tiny_hparams(**changes: object) -> HParams:
    """The tiny run's settings, with some fields of `train` or `model` changed."""
    hparams = load_hparams("multimodel_tiny", overrides=f"{TINY},train.steps={STEPS}")
    names = {field.name for field in dataclasses.fields(hparams.model)}
    model = {name: value for name, value in changes.items() if name in names}
    train = {name: value for name, value in changes.items() if name not in names}
    return dataclasses.replace(
        hparams,
        model=dataclasses.replace(hparams.model, **model),
        train=dataclasses.replace(hparams.train, **train),
    )


def records(output_dir: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (output_dir / "log.jsonl").read_text().splitlines()]


def test_the_run_directory_says_everything(tiny_run: TinyRun) -> None:
    directory = tiny_run.output_dir
    assert json.loads((directory / "hparams.json").read_text())["train"]["steps"] == 20
    run = json.loads((directory / "run.json").read_text())
    assert [task["name"] for task in run["tasks"]] == list(PROBLEMS)
    environment = json.loads((directory / "environment.json").read_text())
    assert environment["seed"] == tiny_hparams().train.seed
    assert [c.step for c in CheckpointStore(directory).checkpoints()] == [10, 15, 20]


def test_logs_are_by_problem_name_and_count_what_each_received(tiny_run: TinyRun) -> None:
    trained = [r for r in records(tiny_run.output_dir) if r["kind"] == "train" and "problem" in r]
    assert {r["problem"] for r in trained} == set(PROBLEMS)
    assert sum(float(str(r["batches"])) for r in trained) == 20
    evaluated = [r for r in records(tiny_run.output_dir) if r["kind"] == "eval" and "problem" in r]
    assert {r["step"] for r in evaluated} == {10, 20}


def test_repeating_a_finished_run_changes_nothing(tiny_run: TinyRun, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy)
    train(list(PROBLEMS), hparams=tiny_hparams(), data_dir=tiny_run.data_dir, output_dir=copy)
    assert records(copy) == records(tiny_run.output_dir)


def test_more_steps_go_on_from_the_last_checkpoint(tiny_run: TinyRun, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy)
    train(
        list(PROBLEMS),
        hparams=tiny_hparams(steps=25),
        data_dir=tiny_run.data_dir,
        output_dir=copy,
        evaluate=False,
    )
    assert max(int(str(r["step"])) for r in records(copy)) == 25
    assert [r for r in records(copy) if int(str(r["step"])) <= 20] == records(tiny_run.output_dir)


@pytest.mark.parametrize(
    ("changes", "problems", "message"),
    [
        ({"width": 64}, PROBLEMS, r"model\.width: run has 32, asked for 64"),
        ({}, PROBLEMS[:1], "problems: run has"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused(
    tiny_run: TinyRun, changes: dict[str, object], problems: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        train(
            list(problems),
            hparams=tiny_hparams(**changes),
            data_dir=tiny_run.data_dir,
            output_dir=tiny_run.output_dir,
        )


def test_accumulated_steps_equal_the_mean_gradient_of_their_batches(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    """Two equal batches accumulated give the update of one: the mean, not the sum."""
    from t2t_mm.config import OptimizerHParams
    from t2t_mm.training.optimizer import build_optimizer
    from t2t_mm.training.step import TrainStep
    from t2t_mm.training.task import build_model, tasks_of, vocabularies_of

    tasks = tasks_of([problem(name, data_dir=tiny_run.data_dir) for name in PROBLEMS])
    vocabularies = vocabularies_of(tasks, tiny_run.data_dir)
    hparams = tiny_hparams(use_experts=False, attention_dropout=0.0)
    batch = {
        "inputs": np.array([[40, 41, 1]], np.int32),
        "targets": np.array([[41, 42, 43, 1]], np.int32),
    }
    results = []
    for accumulate_steps in (1, 2):
        model = build_model(tasks, vocabularies, hparams)
        optimizer = build_optimizer(OptimizerHParams(), model.trainable_variables)
        step = TrainStep(model, optimizer, label_smoothing=0.0, accumulate_steps=accumulate_steps)
        for _ in range(2):
            if accumulate_steps == 1:
                step.update(tasks[0], batch, 0.1)
            else:
                step.accumulate(tasks[0], batch)
                step.accumulate(tasks[0], batch)
                step.apply_accumulated(0.1)
        results.append({v.path: v.numpy() for v in model.trainable_variables})
        assert step.num_traces == accumulate_steps
    for path, value in results[0].items():
        np.testing.assert_allclose(value, results[1][path], atol=1e-5, err_msg=path)


def test_batches_by_name_beat_the_settings_beat_the_problem() -> None:
    copy = problem("algorithmic_copy")
    assert batch_spec(copy, HParams().data) == copy.batch
    assert batch_spec(copy, load_hparams("multimodel_tiny", overrides="batch_tokens=77").data) == (
        BatchSpec(tokens=77)
    )
    named = "data.batch_tokens=77,data.batches={'algorithmic_copy': 99}"
    assert batch_spec(copy, load_hparams("multimodel_tiny", overrides=named).data) == (
        BatchSpec(tokens=99)
    )
