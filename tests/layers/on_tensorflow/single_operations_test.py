import numpy as np
import tensorflow as tf

from t2t_mm.layers import batch_norm, gradients
from t2t_mm.layers.on_tensorflow.single_operations import (
    back_propagate_relu,
    find_largest,
    scale_and_shift,
)
from t2t_mm.search import greedy_search


def draw(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape).astype("float32"))


def test_the_gradient_of_a_relu_is_that_of_its_twin():
    upstream, rectified = draw(4, 5), tf.nn.relu(draw(4, 5, seed=1))
    found = back_propagate_relu(upstream, rectified)
    np.testing.assert_array_equal(
        found, gradients.back_propagate_relu.__wrapped__(upstream, rectified)
    )
    assert 0 < np.count_nonzero(found) < 20


def test_rows_are_scaled_and_shifted_as_by_the_twin():
    rows, slope, shift = draw(6, 3), draw(3, seed=1), draw(3, seed=2)
    found = scale_and_shift(rows, slope, shift)
    expected = batch_norm.scale_and_shift.__wrapped__(rows, slope, shift)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_the_largest_is_the_first_of_equal_ones_as_its_twin_has_it():
    values = tf.constant([[0.0, 2.0, 2.0], [-1.0, -3.0, -2.0]])
    assert find_largest(values).numpy().tolist() == [1, 0]
    np.testing.assert_array_equal(greedy_search.find_largest.__wrapped__(values), [1, 0])
