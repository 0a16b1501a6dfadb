"""What a checkpoint holds, and which scores are the best."""

import math
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.optimizer import build_optimizer
from t2t_mm.training.train_state import TrainState


def make_state() -> TrainState:
    model = keras.layers.Dense(2, name="head")
    model.build((None, 3))
    optimizer = build_optimizer(OptimizerHParams(), model.trainable_variables)
    numbers = iter(tf.data.Dataset.range(100))
    return TrainState(model, optimizer, {"a/b": numbers})  # type: ignore[arg-type]


def update(state: TrainState) -> int:
    """Makes an update from the next batch and returns the batch."""
    number = int(next(state.iterators["a/b"]))
    gradients = [tf.ones_like(variable) * number for variable in state.optimizer.variables]
    state.optimizer.apply(gradients, tf.constant(0.1))
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
    other.restore(latest)
    assert (other.step, other.counts, other.best, other.best_step) == (3, state.counts, 1.5, 3)
    assert other.best_of_problem == {"a/b": 1.5}
    assert update(other) == 3
    for ours, theirs in zip(other.model.variables, state.model.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


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
