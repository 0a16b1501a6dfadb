"""Moments as 0.1.0 kept them, by hand and in a run that it wrote."""

import tarfile
from pathlib import Path

import numpy as np

from t2t_mm.run.checkpoint import OPTIMIZER, find_checkpoint
from t2t_mm.run.named_variables import restore_variables
from t2t_mm.run.run_directory import open_run
from t2t_mm.run.task import build_model, load_task_vocabularies
from t2t_mm.run.written_arrays import write_arrays
from t2t_mm.training.older_state import convert_optimizer_state
from t2t_mm.training.on_tensorflow.tensorflow_backend import TensorFlowBackend

FIXTURE = Path(__file__).parents[1] / "fixtures" / "run_of_0_1_0.tar.xz"


def test_moments_are_multiplied_out_and_counts_are_named() -> None:
    old = {
        "counts": np.array([3, 5]),
        "scales": np.array([[0.5, 1.0], [0.25, 1.0]], np.float32),
        "first_moment/b": np.array([2.0, 4.0], np.float32),
        "second_moment/b": np.array([8.0, 12.0], np.float32),
        "first_moment/a": np.array([6.0], np.float32),
        "second_moment/a": np.array([7.0], np.float32),
    }
    found = {name: np.asarray(one).tolist() for name, one in convert_optimizer_state(old).items()}
    assert found == {
        "first_moment/b": [1.0, 2.0],
        "second_moment/b": [2.0, 3.0],
        "count/b": 3,
        "first_moment/a": [6.0],
        "second_moment/a": [7.0],
        "count/a": 5,
    }
    assert convert_optimizer_state(old)["first_moment/b"].dtype == np.float32


def test_what_is_of_today_stays_as_it_is() -> None:
    today = {"count/a": np.array(1), "first_moment/a": np.array([2.0])}
    assert convert_optimizer_state(today) is today


def test_the_state_of_a_run_of_0_1_0_is_restored_exactly(tmp_path: Path) -> None:
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(tmp_path, filter="data")
    run = open_run(tmp_path / "run")
    model = build_model(run.tasks, load_task_vocabularies(run.tasks, run.directory), run.hparams)
    backend = TensorFlowBackend(model, run.hparams.optimizer, run.hparams.train)
    path = find_checkpoint(run.directory).path / OPTIMIZER
    with np.load(path) as arrays:
        old = dict(arrays)
    # As if gradients had been clipped, which those of the fixture were not.
    old["scales"] = np.random.default_rng(0).uniform(0.1, 1.0, old["scales"].shape).astype("f4")
    write_arrays(path, old)
    state = backend.state()["optimizer"]
    restore_variables(path, state, convert_optimizer_state)
    names = [name.partition("/")[2] for name in old if name.startswith("first_moment/")]
    assert {f"count/{name}" for name in names} == {n for n in state if n.startswith("count/")}
    assert "multimodel/command.de" in names
    for i, name in enumerate(names):
        for kind, scale in zip(("first_moment", "second_moment"), old["scales"], strict=True):
            expected = scale[i] * old[f"{kind}/{name}"]
            np.testing.assert_array_equal(state[f"{kind}/{name}"], expected, err_msg=name)
        assert int(np.asarray(state[f"count/{name}"])) == old["counts"][i]
