import keras
import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers.cross_entropy import compute_cross_entropy, compute_projected_cross_entropy

LOGITS = np.random.default_rng(0).normal(size=(5, 7)).astype("float32") * 3
IDS = np.array([0, 6, 3, 3, 2])


def soft_targets(label_smoothing):
    low = label_smoothing / 6
    return np.eye(7, dtype="float32")[IDS] * (1 - label_smoothing - low) + low


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_losses_and_gradients_equal_those_of_the_whole_target(label_smoothing):
    logits, weights = tf.constant(LOGITS), tf.constant([1.0, 2.0, 0.0, 0.5, 1.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        losses = compute_cross_entropy(logits, IDS, label_smoothing)
        expected = keras.ops.categorical_crossentropy(
            soft_targets(label_smoothing), logits, from_logits=True
        )
        total, expected_total = tf.reduce_sum(losses * weights), tf.reduce_sum(expected * weights)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    np.testing.assert_allclose(
        tape.gradient(total, logits), tape.gradient(expected_total, logits), atol=1e-6
    )


def test_equal_logits_cost_the_logarithm_of_their_number():
    np.testing.assert_allclose(
        compute_cross_entropy(np.zeros((1, 4)), np.array([2]), 0.1), [np.log(4)]
    )


def test_large_logits_overflow_nowhere():
    logits = np.array([[1000.0, 0.0], [-1000.0, 0.0]])
    np.testing.assert_allclose(compute_cross_entropy(logits, np.array([1, 1])), [1000.0, 0.0])


def test_low_precision_is_summed_in_float32():
    losses = compute_cross_entropy(tf.constant(LOGITS, tf.bfloat16), IDS)
    assert losses.dtype == tf.float32
    rounded = tf.cast(tf.constant(LOGITS, tf.bfloat16), tf.float32)
    np.testing.assert_allclose(losses, compute_cross_entropy(rounded, IDS), rtol=1e-6)


@pytest.mark.parametrize("num_rows", [1, 2, 5])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_in_parts_it_equals_that_of_the_whole_product(num_rows, label_smoothing):
    draw = np.random.default_rng(1)
    sizes = ((num_rows, 3), (7, 3), (num_rows,))
    x, w, weights = (tf.constant(draw.normal(size=size), tf.float32) for size in sizes)

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def values_and_gradients(x):
        ids = tf.constant(IDS[:num_rows])
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([x, w])
            in_parts = compute_projected_cross_entropy(x, w, ids, label_smoothing)
            whole = compute_cross_entropy(tf.matmul(x, w, transpose_b=True), ids, label_smoothing)
            totals = [tf.reduce_sum(losses * weights) for losses in (in_parts, whole)]
        return (in_parts, *tape.gradient(totals[0], [x, w])), (
            whole,
            *tape.gradient(totals[1], [x, w]),
        )

    for found, expected in zip(*values_and_gradients(x), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_in_parts_low_precision_is_summed_in_float32_and_its_gradients_are_low():
    x, w = tf.ones([5, 3], tf.bfloat16), tf.ones([7, 3], tf.bfloat16)
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        losses = compute_projected_cross_entropy(x, w, IDS, 0.1)
    assert losses.dtype == tf.float32
    assert {gradient.dtype for gradient in tape.gradient(losses, [x, w])} == {tf.bfloat16}
