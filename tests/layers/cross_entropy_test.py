import keras
import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers.cross_entropy import cross_entropy

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
        losses = cross_entropy(logits, IDS, label_smoothing)
        expected = keras.ops.categorical_crossentropy(
            soft_targets(label_smoothing), logits, from_logits=True
        )
        total, expected_total = tf.reduce_sum(losses * weights), tf.reduce_sum(expected * weights)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    np.testing.assert_allclose(
        tape.gradient(total, logits), tape.gradient(expected_total, logits), atol=1e-6
    )


def test_equal_logits_cost_the_logarithm_of_their_number():
    np.testing.assert_allclose(cross_entropy(np.zeros((1, 4)), np.array([2]), 0.1), [np.log(4)])


def test_large_logits_overflow_nowhere():
    logits = np.array([[1000.0, 0.0], [-1000.0, 0.0]])
    np.testing.assert_allclose(cross_entropy(logits, np.array([1, 1])), [1000.0, 0.0])


def test_low_precision_is_summed_in_float32():
    losses = cross_entropy(tf.constant(LOGITS, tf.bfloat16), IDS)
    assert losses.dtype == tf.float32
    rounded = tf.cast(tf.constant(LOGITS, tf.bfloat16), tf.float32)
    np.testing.assert_allclose(losses, cross_entropy(rounded, IDS), rtol=1e-6)
