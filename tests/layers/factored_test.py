"""Gradients kept as factors against the matrices they stand for."""

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers import factored
from t2t_mm.layers.dispatch import run_ragged
from t2t_mm.layers.factored import FactoredGradient, keep_factors, make_matrix_gradient

HEIGHT, WIDTH = 24, 48


@pytest.fixture(autouse=True)
def large_matrices(monkeypatch):
    monkeypatch.setattr(factored, "LEAST_ELEMENTS", HEIGHT * WIDTH)


def factors(num_rows):
    generator = np.random.default_rng(num_rows)
    shapes = (HEIGHT, num_rows), (num_rows, WIDTH)
    return [tf.constant(generator.normal(size=shape).astype("float32")) for shape in shapes]


def test_only_a_large_matrix_and_only_within_the_context():
    left, right = factors(3)
    assert isinstance(make_matrix_gradient(left, right), tf.Tensor)
    with keep_factors():
        assert isinstance(make_matrix_gradient(left, right), FactoredGradient)
        assert isinstance(make_matrix_gradient(left[1:], right), tf.Tensor)
    assert isinstance(make_matrix_gradient(left, right), tf.Tensor)


def test_operations_read_the_product():
    left, right = factors(3)
    gradient = FactoredGradient(left, right)
    np.testing.assert_array_equal(gradient + 0.0 * tf.ones([HEIGHT, WIDTH]), left @ right)
    assert tf.cast(gradient, tf.bfloat16).dtype == tf.bfloat16


@pytest.mark.parametrize("in_a_graph", [False, True])
def test_a_tape_hands_on_the_factors_of_variables_that_experts_read(in_a_graph):
    generator = np.random.default_rng(0)
    x = tf.constant(generator.normal(size=(10, WIDTH)).astype("float32"))
    experts = tf.constant(generator.integers(0, 3, (10, 2)).astype("int32"))
    weights = [
        tf.Variable(generator.normal(size=(HEIGHT, WIDTH)).astype("float32")) for _ in range(6)
    ]
    kinds = set()

    def gradients(keep):
        with tf.GradientTape() as tape:
            y = run_ragged(x, experts, tf.fill([10, 2], 0.5), weights[:3], weights[3:])
            total = tf.reduce_sum(y**2)
        if not keep:
            return tape.gradient(total, weights)
        with keep_factors():
            found = tape.gradient(total, weights)
        kinds.update(map(type, found))
        return [tf.convert_to_tensor(gradient) for gradient in found]

    run = tf.function(gradients) if in_a_graph else gradients
    for kept, plain in zip(run(True), run(False), strict=True):
        np.testing.assert_array_equal(kept, plain)
        assert np.any(plain)
    assert kinds == {FactoredGradient}
