import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from t2t_mm.layers.masking import (
    BLOCKED,
    make_causal_bias,
    make_padding_bias,
    mark_real_positions,
    rectify,
    zero_padding,
)


def test_positions_are_real_unless_their_id_is_padding():
    np.testing.assert_array_equal(mark_real_positions(np.array([[5, 1, 0]])), [[True, True, False]])


def test_padding_becomes_zero_and_the_rest_stays():
    x = ops.ones((1, 3, 2)) * 7.0
    masked = zero_padding(x, np.array([[True, False, True]]))
    np.testing.assert_array_equal(masked, [[[7, 7], [0, 0], [7, 7]]])
    assert zero_padding(x, None) is x


def test_padding_bias_blocks_padded_keys_for_every_query():
    bias = make_padding_bias(np.array([[True, False]]))
    assert bias.shape == (1, 1, 1, 2)
    np.testing.assert_array_equal(bias[0, 0, 0], [0.0, BLOCKED])


def test_causal_bias_blocks_later_keys_only():
    np.testing.assert_array_equal(
        make_causal_bias(3)[0, 0],
        [[0, BLOCKED, BLOCKED], [0, 0, BLOCKED], [0, 0, 0]],
    )


@pytest.mark.parametrize("width", [2, 32])
def test_rectified_values_and_gradients_are_those_of_relu_and_masking(width):
    generator = np.random.default_rng(0)
    x, weights = (
        tf.constant(generator.normal(size=(4, 5, width)).astype("float32")) for _ in range(2)
    )
    mask = generator.uniform(size=(4, 5)) < 0.5
    results = []
    for function in (rectify, lambda x, mask: zero_padding(ops.relu(x), mask)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x, mask)
            total = tf.reduce_sum(y * weights)
        results.append((y, tape.gradient(total, x)))
    assert np.any(results[0][1])
    for ours, plain in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, plain)


def test_without_a_mask_rectifying_is_relu():
    np.testing.assert_array_equal(rectify(ops.array([[-1.0, 2.0]]), None), [[0.0, 2.0]])
