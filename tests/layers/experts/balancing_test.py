"""Losses and corrections on tables small enough to work out by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from t2t_mm.layers.experts.balancing import (
    compute_expected_load,
    compute_router_z_loss,
    compute_squared_variation,
    compute_switch_loss,
    correct_bias,
)

# Four positions, four experts; the first two go to expert 0, then one to 1 and one to 3.
PROBABILITIES = np.array(
    [[0.7, 0.1, 0.1, 0.1], [0.7, 0.1, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1], [0.1, 0.1, 0.1, 0.7]],
    "float32",
)
LOAD = np.array([2.0, 1.0, 0.0, 1.0], "float32")
REAL = np.ones(4, "float32")
ALL_BUT_LAST = np.array([1.0, 1.0, 1.0, 0.0], "float32")


def test_squared_variation_is_population_variance_over_squared_mean():
    np.testing.assert_allclose(compute_squared_variation(ops.array([1.0, 3.0])), 0.25, rtol=1e-6)
    np.testing.assert_allclose(
        compute_squared_variation(ops.array([5.0, 5.0, 5.0])), 0.0, atol=1e-9
    )


def test_the_switch_loss_of_a_table():
    # Shares 1/2, 1/4, 0, 1/4; mean probabilities 0.4, 0.25, 0.1, 0.25: 4 (0.2 + 0.0625 + 0.0625).
    loss = compute_switch_loss(np.log(PROBABILITIES), LOAD, REAL)
    np.testing.assert_allclose(loss, 1.3, rtol=1e-5)


def test_the_switch_loss_leaves_padding_out():
    # Shares 2/3, 1/3, 0, 0; mean probabilities of the first three 0.5, 0.3, 0.1, 0.1.
    load = np.array([2.0, 1.0, 0.0, 0.0], "float32")
    loss = compute_switch_loss(np.log(PROBABILITIES), load, ALL_BUT_LAST)
    np.testing.assert_allclose(loss, 4 * (1.0 / 3 + 0.1), rtol=1e-5)


@pytest.mark.parametrize(("per_position", "worst"), [(1, 4.0), (2, 2.0)])
def test_the_switch_loss_is_one_at_best(per_position, worst):
    even = np.full(4, float(per_position), "float32")
    np.testing.assert_allclose(compute_switch_loss(np.zeros((4, 4), "float32"), even, REAL), 1.0)
    certain = np.full((4, 4), -99.0, "float32")
    certain[:, :per_position] = 0.0
    load = 4.0 * (certain[0] == 0.0).astype("float32")
    np.testing.assert_allclose(compute_switch_loss(certain, load, REAL), worst, rtol=1e-5)


def test_the_switch_loss_lowers_the_logits_of_experts_with_more_than_their_share():
    logits = tf.constant(np.log(PROBABILITIES))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = compute_switch_loss(logits, tf.constant(LOAD), tf.constant(REAL))
    # E / N times p_e (f_e - sum of f p), and that sum is 0.4 in the first row.
    first = [0.7 * (0.5 - 0.4), 0.1 * (0.25 - 0.4), 0.1 * (0.0 - 0.4), 0.1 * (0.25 - 0.4)]
    np.testing.assert_allclose(tape.gradient(loss, logits)[0], first, atol=1e-6)


def test_the_z_loss_is_the_mean_square_of_the_log_of_summed_exponentials():
    logits = np.array([[0.0, 0.0], [math.log(3.0), 0.0]], "float32")  # log 2 and log 4
    both, one = np.array([1.0, 1.0], "float32"), np.array([1.0, 0.0], "float32")
    np.testing.assert_allclose(
        compute_router_z_loss(logits, both), 2.5 * math.log(2) ** 2, rtol=1e-5
    )
    np.testing.assert_allclose(compute_router_z_loss(logits, one), math.log(2) ** 2, rtol=1e-5)


def test_the_expected_load_is_the_chance_to_beat_the_rival():
    # Expert 0 must stay above -1, which is one deviation below it; expert 1 must get above 1.
    clean, noisy = np.zeros((1, 2), "float32"), np.array([[1.0, -1.0]], "float32")
    load = compute_expected_load(
        clean, noisy, np.ones((1, 2), "float32"), noisy, np.ones(1, "float32")
    )
    np.testing.assert_allclose(load, [0.841345, 0.158655], atol=1e-5)


def test_a_bias_falls_where_load_is_above_the_mean_and_rises_below():
    bias = correct_bias(ops.array([0.5, 0.0, 0.0, 0.0]), ops.array([4.0, 2.0, 2.0, 0.0]), 0.1)
    np.testing.assert_allclose(bias, [0.4, 0.0, 0.0, 0.1], atol=1e-6)
