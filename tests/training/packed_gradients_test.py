"""Packed gradients against the matrices they stand for."""

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers.factored import FactoredGradient
from t2t_mm.training.packed_gradients import LEAST_SAVING, pack

HEIGHT, WIDTH = 24, 48
MOST_ROWS = HEIGHT * WIDTH // (LEAST_SAVING * (HEIGHT + WIDTH))


def factors(num_rows):
    generator = np.random.default_rng(num_rows)
    shapes = (HEIGHT, num_rows), (num_rows, WIDTH)
    return [tf.constant(generator.normal(size=shape).astype("float32")) for shape in shapes]


def packed_and_back(left, right):
    packed, half_square = pack(FactoredGradient(left, right))
    return (
        packed.is_whole,
        packed.make_matrix([HEIGHT, WIDTH]),
        half_square,
        packed.multiply_by(3.0),
    )


@pytest.mark.parametrize("in_a_graph", [False, True])
@pytest.mark.parametrize("num_rows", [0, 1, MOST_ROWS, MOST_ROWS + 1, WIDTH, 100])
def test_few_rows_stay_factors_and_all_are_the_same_gradient(num_rows, in_a_graph):
    run = packed_and_back
    if in_a_graph:
        specs = [tf.TensorSpec([HEIGHT, None]), tf.TensorSpec([None, WIDTH])]
        run = tf.function(run, input_signature=specs)
    left, right = factors(num_rows)
    is_whole, matrix, half_square, multiplied = run(left, right)
    expected = left.numpy() @ right.numpy()
    assert bool(is_whole) == (num_rows > MOST_ROWS)
    np.testing.assert_allclose(matrix, expected, atol=1e-4)
    np.testing.assert_allclose(half_square, 0.5 * np.sum(expected**2), rtol=1e-5)
    np.testing.assert_allclose(multiplied.make_matrix([HEIGHT, WIDTH]), 3.0 * expected, atol=1e-4)
