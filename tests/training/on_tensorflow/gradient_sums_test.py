"""Gradients of two batches: one update of what either reached, and the sums begin anew."""

import keras
import numpy as np
import tensorflow as tf

from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.on_tensorflow.gradient_sums import GradientSums
from t2t_mm.training.on_tensorflow.optimizer import Adam

RATE = 0.125


def make() -> GradientSums:
    variables = [keras.Variable(np.ones(2), dtype="float32", name=name) for name in "abc"]
    table = keras.Variable(np.ones((3, 1)), dtype="float32", name="table")
    hparams = OptimizerHParams(epsilon=1e-9, clip_norm=0.0)
    return GradientSums(Adam([*variables, table], {"table": ["x", "y", "z"]}, hparams))


def add_two_batches(sums: GradientSums) -> None:
    """The first reaches a, b and row 0; the second b, whose gradients cancel out, and row 2."""
    ones = tf.ones([2])
    rows = [tf.constant([[1.0], [0.0], [0.0]]), tf.constant([[0.0], [0.0], [-1.0]])]
    sums.add({0: ones, 1: ones, 3: rows[0]}, {3: tf.constant([True, False, False])}, 1.0)
    sums.add({1: -ones, 3: rows[1]}, {3: tf.constant([False, False, True])}, 1.0)


def test_an_update_is_of_what_any_batch_reached() -> None:
    sums = make()
    add_two_batches(sums)
    norm = sums.apply(tf.constant(RATE))
    assert float(norm) == 2.0  # a: 1, 1; b: 0, 0; the table: 1, 0, -1
    values = [variable.numpy().ravel().tolist() for variable in sums.optimizer.variables]
    assert values[2] == [1.0, 1.0]
    np.testing.assert_allclose(values[0], [1 - RATE] * 2, rtol=1e-6)
    np.testing.assert_allclose(values[3], [1 - RATE, 1.0, 1 + RATE], rtol=1e-6)
    assert sums.optimizer.counts.numpy().tolist()[:3] == [1, 1, 0]
    assert sums.optimizer.row_counts[3].numpy().tolist() == [1, 0, 1]


def test_sums_and_marks_are_cleared() -> None:
    sums = make()
    add_two_batches(sums)
    sums.apply(tf.constant(RATE))
    before = [variable.numpy() for variable in sums.optimizer.variables]
    sums.add({2: tf.ones([2])}, {}, 1.0)
    sums.apply(tf.constant(RATE))
    moved = [
        i
        for i, (value, old) in enumerate(zip(sums.optimizer.variables, before, strict=True))
        if (value.numpy() != old).any()
    ]
    assert moved == [2]
    assert sums.optimizer.counts.numpy().tolist()[:3] == [1, 1, 1]
