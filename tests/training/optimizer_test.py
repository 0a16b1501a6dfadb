"""Adam against the algorithm written out in numpy, and its counts by variable."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.optimizer import Adam, build_optimizer


def published_adam(
    value: np.ndarray,
    gradients: list[np.ndarray],
    rate: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> np.ndarray:
    """Algorithm 1 of Kingma and Ba in its efficient form (the order of section 2)."""
    m, v = np.zeros_like(value), np.zeros_like(value)
    for t, gradient in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        step = rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
        value = value - step * m / (np.sqrt(v) + eps)
    return value


def make(variables: list[tf.Variable], clip_norm: float = 0.0) -> Adam:
    names = [f"v{i}" for i in range(len(variables))]
    return Adam(variables, names, beta1=0.9, beta2=0.98, epsilon=1e-6, clip_norm=clip_norm)


def test_equals_the_published_algorithm() -> None:
    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 4)).astype(np.float32)
    gradients = [rng.normal(size=(3, 4)).astype(np.float32) for _ in range(5)]
    variable = tf.Variable(start)
    adam = make([variable])
    for gradient in gradients:
        adam.apply([tf.constant(gradient)], tf.constant(0.1))
    expected = published_adam(start, gradients, 0.1, 0.9, 0.98, 1e-6)
    np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-4, atol=1e-5)


def test_a_variable_met_late_takes_a_first_step_of_the_size_of_the_rate() -> None:
    early, late = tf.Variable([0.0]), tf.Variable([0.0])
    adam = make([early, late])
    for _ in range(500):
        adam.apply([tf.constant([1.0]), None], tf.constant(0.01))
    assert late.numpy() == 0.0
    adam.apply([tf.constant([1.0]), tf.constant([1.0])], tf.constant(0.01))
    assert late.numpy() == pytest.approx([-0.01], rel=1e-3)
    assert adam.counts.numpy().tolist() == [501, 1]


def test_clips_by_the_norm_over_all_variables_and_returns_the_norm_before() -> None:
    first, second = tf.Variable([0.0]), tf.Variable([0.0])
    adam = make([first, second], clip_norm=1.0)
    norm = adam.apply([tf.constant([3.0]), tf.constant([4.0])], tf.constant(0.1))
    assert float(norm) == pytest.approx(5.0)
    moments = adam.scales.numpy()[0] * [m.numpy()[0] for m in adam.updates.first_moments]
    assert moments == pytest.approx([0.1 * 3 / 5, 0.1 * 4 / 5])


def test_clipped_steps_equal_the_published_algorithm_on_clipped_gradients() -> None:
    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 4)).astype(np.float32)
    # Norms of about 0.003 to 3,000; every third batch does not reach the variable.
    sizes = [0.001, 1.0, 1.0, 1000.0, 0.1, 0.1, 10.0, 0.01, 0.01, 1.0]
    gradients = [(rng.normal(size=(3, 4)) * size).astype(np.float32) for size in sizes]
    gradients = [None if i % 3 == 2 else gradient for i, gradient in enumerate(gradients)]
    variable, other = tf.Variable(start), tf.Variable([0.0])
    adam = make([variable, other], clip_norm=0.5)
    clipped = []
    for gradient in gradients:
        rest = tf.constant([0.1])
        adam.apply([None if gradient is None else tf.constant(gradient), rest], tf.constant(0.1))
        if gradient is not None:
            norm = np.sqrt((gradient**2).sum() + 0.1**2)
            clipped.append(gradient * min(1.0, 0.5 / norm))
    assert sum(np.sqrt((g**2).sum()) > 0.49 for g in clipped) == 4
    expected = published_adam(start, clipped, 0.1, 0.9, 0.98, 1e-6)
    np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-4, atol=1e-5)


def test_gradients_clipped_by_much_from_the_start_are_not_multiplied_one_by_one() -> None:
    rng = np.random.default_rng(0)
    start = rng.normal(size=(3, 4)).astype(np.float32)
    gradients = [1000.0 * rng.normal(size=(3, 4)).astype(np.float32) for _ in range(6)]
    steady, seldom = tf.Variable(start), tf.Variable(start)
    adam = make([steady, seldom], clip_norm=0.5)
    for i, gradient in enumerate(gradients):
        reached = [tf.constant(gradient)] * 2 if i in (0, 5) else [tf.constant(gradient), None]
        adam.apply(reached, tf.constant(0.1))
    norms = [np.sqrt((g**2).sum() * (2 if i in (0, 5) else 1)) for i, g in enumerate(gradients)]
    clipped = [g * 0.5 / norm for g, norm in zip(gradients, norms, strict=True)]
    for variable, seen in ((steady, clipped), (seldom, [clipped[0], clipped[5]])):
        expected = published_adam(start, seen, 0.1, 0.9, 0.98, 1e-6)
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-4, atol=1e-5)
    # The factor is in the scale, about 0.5 / 3,500, and so not in the moments.
    assert (adam.scales.numpy()[0] < 2e-4).all()
    assert np.abs(adam.updates.first_moments[0].numpy()).max() > 100


def test_rows_of_an_embedding_that_were_not_looked_up_count_as_zero_gradients() -> None:
    table = tf.Variable(tf.ones([4, 2]))
    adam = make([table])
    rows = tf.IndexedSlices(tf.ones([2, 2]), tf.constant([1, 1]), tf.constant([4, 2]))
    adam.apply([rows], tf.constant(0.1))
    assert adam.updates.first_moments[0].numpy()[1] == pytest.approx([0.2, 0.2])
    assert not adam.updates.first_moments[0].numpy()[[0, 2, 3]].any()


def test_state_is_named_by_the_variables_paths() -> None:
    layer = keras.layers.Dense(2, name="head")
    layer.build((None, 3))
    adam = build_optimizer(OptimizerHParams(), layer.trainable_variables)
    assert set(adam.state()) == {
        "counts",
        "scales",
        "first_moment/head/kernel",
        "second_moment/head/kernel",
        "first_moment/head/bias",
        "second_moment/head/bias",
    }
