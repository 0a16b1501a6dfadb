"""What a checkpoint holds, and which scores are the best."""

import json
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from seals import change_sealed

from t2t_mm.data.pipeline.input_streams import InputStreams
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.manifest import DamagedFileError
from t2t_mm.training.train_state import TrainState


class Counter:
    """A backend of one weight and one moment, for which a step is an addition."""

    def __init__(self) -> None:
        self.weight = keras.Variable(np.zeros(2), name="head")
        self.moment = keras.Variable(np.zeros(2), name="moment")
        self.waiting = 0

    def update(self, number: int) -> None:
        self.waiting += number
        self.moment.assign(self.moment + 0.5 * number)

    def settle(self) -> None:
        self.weight.assign(self.weight + self.waiting)
        self.waiting = 0

    def state(self) -> dict[str, dict[str, Any]]:
        return {"weights": {"head": self.weight}, "optimizer": {"first_moment/head": self.moment}}


def make_state() -> TrainState:
    numbers = InputStreams({"a/b": tf.data.Dataset.range(100)})
    return TrainState(Counter(), numbers)  # type: ignore[arg-type]


def update(state: TrainState) -> int:
    """Makes an update from the next batch and returns the batch."""
    number = int(state.inputs.read("a/b"))
    state.backend.update(number)  # type: ignore[attr-defined]
    state.step += 1
    return number


def test_a_restored_state_goes_on_as_the_one_that_was_saved(tmp_path: Path) -> None:
    state, store = make_state(), CheckpointStore(tmp_path)
    assert [update(state) for _ in range(3)] == [0, 1, 2]
    state.counts["a/b"] = {"batches": 3}
    state.keep_best({"a/b": 1.5})
    state.save(store)
    assert update(state) == 3
    latest = store.find_latest()
    assert latest is not None and latest.step == 3

    other = make_state()
    assert other.restore(latest) == []
    assert (other.step, other.counts, other.best, other.best_step) == (3, state.counts, 1.5, 3)
    assert (other.best_of_problem, other.awaits_evaluation) == ({"a/b": 1.5}, False)
    assert update(other) == 3
    for one in (state, other):
        one.backend.settle()
        parts = one.backend.state()
        np.testing.assert_array_equal(parts["weights"]["head"], [6.0, 6.0])
        np.testing.assert_array_equal(parts["optimizer"]["first_moment/head"], [3.0, 3.0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("counts", {"a/b": {"batches": {}}}),
        ("counts", {"a/b": None}),
        ("best", "low"),
        ("best_of_problem", {"a/b": []}),
        ("health", {"a/b": 1}),
        ("health", {"a/b": {"faults_in_row": 0, "usual": {"loss": {"count": None}}}}),
        ("losses", {"averages": {"a/b": "x"}}),
        ("best_step", None),
    ],
)
def test_an_edited_number_is_told_where_it_is_read(name: str, value: Any, tmp_path: Path) -> None:
    state, store = make_state(), CheckpointStore(tmp_path)
    update(state)
    state.save(store)
    checkpoint = store.find_latest()
    assert checkpoint is not None
    change_sealed(checkpoint.path / "state.json", lambda record: record.update({name: value}))
    with pytest.raises(DamagedFileError, match=r"state\.json"):
        make_state().restore(checkpoint)


def test_the_lowest_mean_is_the_best_and_each_problem_keeps_its_own() -> None:
    state = make_state()
    assert (state.best, state.best_step) == (math.inf, -1)
    for step, scores, mean in (
        (10, {"a": 2.0, "b": 4.0}, 3.0),
        (20, {"a": 5.0, "b": 3.0}, 4.0),
        (30, {"a": 2.5, "b": 3.5}, 3.0),
    ):
        state.step = step
        assert state.keep_best(scores) == mean
    assert (state.best, state.best_step) == (3.0, 10)  # as low is not lower
    assert state.best_of_problem == {"a": 2.0, "b": 3.0}


def test_evaluations_by_fewer_batches_are_not_compared_with_others(tmp_path: Path) -> None:
    state, store = make_state(), CheckpointStore(tmp_path)
    state.compare_by(2)
    state.step = 10
    state.keep_best({"a": 1.0})
    other = make_state()
    other.restore(state.save(store))
    assert not other.compare_by(2)
    assert (other.best, other.best_step) == (1.0, 10)
    assert other.compare_by(0)
    assert (other.best, other.best_step, other.best_of_problem) == (math.inf, 10, {})
    other.step = 20
    other.keep_best({"a": 1.5})
    assert (other.best, other.best_step) == (1.5, 20)


def test_of_a_run_that_did_not_keep_the_number_of_batches_the_best_stays(tmp_path: Path) -> None:
    state, store = make_state(), CheckpointStore(tmp_path)
    state.step = 10
    state.keep_best({"a": 1.0})
    checkpoint = state.save(store)
    change_sealed(checkpoint.path / "state.json", lambda record: record.pop("best_batches"))
    other = make_state()
    other.restore(checkpoint)
    assert not other.compare_by(10)
    assert (other.best, other.best_step, other.best_batches) == (1.0, 10, 10)


def test_a_checkpoint_written_before_its_evaluation_is_told_what_is_best(tmp_path: Path) -> None:
    state, store = make_state(), CheckpointStore(tmp_path, keep=1)
    kept = []
    for score in (2.0, 1.0, 3.0):
        update(state)
        state.awaits_evaluation = True
        state.save(store)
        latest = store.find_latest()
        assert latest is not None and latest.read_state()["awaits_evaluation"]
        before = (latest.path / "weights.npz").stat().st_mtime_ns
        state.keep_best({"a/b": score})
        state.save_best(store)
        assert (latest.path / "weights.npz").stat().st_mtime_ns == before
        written = json.loads((latest.path / "state.json").read_text())
        assert written["best_step"] == state.best_step and not written["awaits_evaluation"]
        kept.append([one.step for one in store.list_checkpoints()])
    assert kept == [[1], [2], [2, 3]]
    best = store.find_best()
    assert best is not None and best.step == 2
