"""A run is scored by what is stored where the class of a problem is not there."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from seals import change_sealed
from tiny_run import PROBLEMS, TinyRun

import t2t_mm
from t2t_mm import registry
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.data.records.stored import open_data
from t2t_mm.errors import UserError
from t2t_mm.evaluation.evaluation_options import EvaluationOptions
from t2t_mm.features import BatchSpec
from t2t_mm.run.run_data import choose_tasks
from t2t_mm.run.run_directory import open_run
from t2t_mm.run.stored_problem import StoredProblem, find_problem


def forget_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.PROBLEMS, "_entries", {})
    monkeypatch.setattr(registry.PROBLEMS, "_builtin", dict)
    assert not registry.is_problem_name(PROBLEMS[0])


@pytest.mark.slow
def test_scores_are_those_with_the_class(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, run)
    places = {"data_dir": tiny_run.data_dir, "options": EvaluationOptions(limit=4)}
    expected = t2t_mm.evaluate(run, **places)
    forget_problems(monkeypatch)
    assert t2t_mm.evaluate(run, problems=PROBLEMS, **places) == expected
    (task,) = choose_tasks(open_run(run), PROBLEMS[1])
    assert isinstance(find_problem(task, tiny_run.data_dir), StoredProblem)


def test_a_reversed_problem_reads_the_data_of_the_other(tiny_run: TinyRun) -> None:
    name = f"{PROBLEMS[1]}_rev"
    known = registry.problem(name, data_dir=tiny_run.data_dir)
    stored = StoredProblem(name, known.features, PROBLEMS[1], tiny_run.data_dir)
    assert (stored.data_name, stored.exchanged) == (PROBLEMS[1], True)
    assert stored.features == known.features
    how = {"data_dir": tiny_run.data_dir, "batch": BatchSpec(examples=3)}
    batches = [
        next(iter(make_evaluation_dataset(problem, "test", **how))) for problem in (known, stored)
    ]
    assert batches[0].keys() == batches[1].keys()
    assert all(np.array_equal(batches[0][key], batches[1][key]) for key in batches[0])


def test_the_newest_version_is_read_and_nothing_that_lies_beside(tmp_path: Path) -> None:
    for name in ("1.9.0", "1.10.0", "replaced.2.0.0", "2.0.0.incomplete"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        (tmp_path / "mine" / name / "t2t_mm.json").touch()
    assert StoredProblem("mine", {}, "mine", tmp_path).version == "1.10.0"
    assert StoredProblem("yours", {}, "yours", tmp_path).version == "1.0.0"


def test_other_data_of_the_same_name_is_refused(tiny_run: TinyRun, tmp_path: Path) -> None:
    task = open_run(tiny_run.output_dir).tasks[0]
    features = {"inputs": task.inputs, "targets": task.targets}
    with pytest.raises(UserError, match=f"data of problem {task.name} has not been generated"):
        open_data(StoredProblem(task.name, features, task.name, tmp_path), tmp_path)
    shutil.copytree(tiny_run.data_dir, tmp_path / "data")
    (path,) = (tmp_path / "data" / task.name).glob("*/t2t_mm.json")
    change_sealed(
        path, lambda record: record["fingerprint"]["features"]["inputs"].update(vocabulary="other")
    )
    with pytest.raises(UserError, match="its declared features changed"):
        open_data(
            StoredProblem(task.name, features, task.name, tmp_path / "data"), tmp_path / "data"
        )
