"""Batch normalization by running statistics, the same in training and afterwards."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from t2t_mm.layers.batch_norm import EPSILON, BatchNorm


def batch(seed: int = 0, mean: float = 5.0, deviation: float = 2.0) -> np.ndarray:
    values = np.random.default_rng(seed).normal(mean, deviation, (4, 6, 5, 3))
    return values.astype("float32")


def test_the_first_batch_gets_zero_mean_and_unit_variance_per_channel() -> None:
    y = np.asarray(BatchNorm()(batch(), training=True))
    np.testing.assert_allclose(y.mean((0, 1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(y.std((0, 1, 2)), 1.0, atol=1e-3)


def test_before_any_training_it_changes_next_to_nothing() -> None:
    np.testing.assert_allclose(BatchNorm()(batch()), batch(), rtol=1e-3)


def test_a_batch_is_seen_in_training_as_it_is_seen_afterwards() -> None:
    """Two kinds of batches that share a net: each is normalized by what both have in common."""
    norm = BatchNorm(momentum=0.5)
    for step in range(40):
        norm(batch(step, mean=4.0 + step % 2), training=True)
    frozen = norm.momentum
    one = batch(99, mean=4.5)
    afterwards = np.asarray(norm(one))
    norm.momentum = 1.0 - 1e-6  # so that looking changes nothing
    in_training = np.asarray(norm(one, training=True))
    norm.momentum = frozen
    np.testing.assert_allclose(in_training, afterwards, atol=2e-3)


def test_a_stray_batch_is_corrected_up_to_a_limit_only() -> None:
    norm = BatchNorm(momentum=0.999)
    for step in range(20):
        norm(batch(step), training=True)
    far = np.asarray(norm(batch(1, mean=500.0), training=True))
    assert abs(far.mean()) < 3.1  # LARGEST_OFFSET deviations


def test_only_real_places_count() -> None:
    x = batch()
    mask = np.zeros((4, 6, 5), bool)
    mask[:, :3, :2] = True
    padded = np.where(mask[..., None], x, 1e3).astype("float32")
    alone, within = BatchNorm(), BatchNorm()
    expected = np.asarray(alone(x[:, :3, :2], training=True))
    y = np.asarray(within(padded, position_mask=mask, training=True))
    np.testing.assert_allclose(y[:, :3, :2], expected, atol=1e-4)
    np.testing.assert_allclose(within.mean, alone.mean, atol=1e-5)


def test_a_mask_of_one_column_stands_for_all() -> None:
    x = batch()
    column = np.zeros((4, 6, 1), bool)
    column[:, :4] = True
    one, other = BatchNorm(), BatchNorm()
    y = one(x, position_mask=column, training=True)
    z = other(x, position_mask=np.broadcast_to(column, (4, 6, 5)), training=True)
    np.testing.assert_array_equal(y, z)


def test_statistics_stay_in_float32_and_are_no_weights_to_train() -> None:
    norm = BatchNorm(dtype="mixed_bfloat16")
    y = norm(ops.cast(batch(), "bfloat16"), training=True)
    assert "bfloat16" in str(y.dtype)
    assert {weight.name for weight in norm.trainable_weights} == {"gain", "shift"}
    assert all(weight.dtype == "float32" for weight in norm.weights)
    assert float(norm.seen) == pytest.approx(0.05)


@pytest.mark.parametrize("has_padding", [False, True])
def test_gradients_are_those_that_flow_through_the_batch_s_own_statistics(has_padding) -> None:
    """Against derived ones: the correction to the running statistics counts as constant."""
    x, mask = tf.constant(batch()), np.ones((4, 6, 5), bool)
    mask[1:, 4:] = not has_padding
    slopes = tf.constant(np.random.default_rng(1).normal(size=x.shape).astype("float32"))
    norm = BatchNorm()
    norm(batch(7, mean=4.0, deviation=3.0), training=True)
    norm.gain.assign([0.5, 1.0, 2.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = norm(x, position_mask=mask, training=True)
        mean, variance = tf.nn.weighted_moments(x, [0, 1, 2], tf.cast(mask, "float32")[..., None])
        normal = (x - mean) / tf.sqrt(variance + EPSILON)
        gain = norm.gain.value
        scale = tf.math.reduce_std(y / gain, [0, 1, 2]) / tf.math.reduce_std(normal, [0, 1, 2])
        scale = tf.stop_gradient(scale)
        offset = tf.stop_gradient(tf.reduce_mean(y / gain - normal * scale, [0, 1, 2]))
        expected = gain * (normal * scale + offset) + norm.shift.value
        total, expected_total = (tf.reduce_sum(out * slopes) for out in (y, expected))
    np.testing.assert_allclose(y, expected, atol=1e-4)
    weights = [x, gain, norm.shift.value]
    for found, wanted in zip(
        tape.gradient(total, weights), tape.gradient(expected_total, weights), strict=True
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)
