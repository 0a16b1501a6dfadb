import functools

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers.normalization import LayerNorm, normalize


def test_each_position_gets_zero_mean_and_unit_population_variance():
    x = np.random.default_rng(0).normal(3.0, 5.0, (2, 4, 64)).astype("float32")
    y = np.asarray(LayerNorm()(x))
    np.testing.assert_allclose(y.mean(-1), 0.0, atol=1e-5)
    np.testing.assert_allclose(y.var(-1), 1.0, atol=1e-4)


def test_scalar_gain_and_shift_are_two_numbers():
    per_channel, scalar = LayerNorm(), LayerNorm(gain_per_channel=False)
    per_channel.build((None, 8))
    scalar.build((None, 8))
    assert per_channel.count_params() == 16
    assert scalar.count_params() == 2


def test_gain_and_shift_are_applied():
    norm = LayerNorm(gain_per_channel=False)
    norm.build((None, 2))
    norm.gain.assign(3.0)
    norm.shift.assign(1.0)
    np.testing.assert_allclose(norm(np.array([[-5.0, 5.0]], "float32")), [[-2, 4]], atol=1e-5)


def test_a_constant_position_becomes_the_shift():
    np.testing.assert_array_equal(
        LayerNorm()(np.full((1, 2, 4), 7.0, "float32")), np.zeros((1, 2, 4))
    )


@pytest.mark.parametrize("form", [normalize, normalize.__wrapped__], ids=["TensorFlow", "plain"])
def test_the_gradient_equals_the_derived_one(form):
    generator = np.random.default_rng(0)
    x = tf.constant(generator.normal(size=(5, 6)), tf.float32)
    gain, shift = (tf.constant(generator.normal(size=6), tf.float32) for _ in range(2))
    weight = generator.normal(size=(5, 6)).astype("float32")

    def derived(x, gain, shift):
        mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
        return (x - mean) / tf.sqrt(variance + 0.01) * gain + shift

    def gradients(function):
        with tf.GradientTape() as tape:
            tape.watch([x, gain, shift])
            out = function(x, gain, shift)
            total = tf.reduce_sum(out * weight)
        return [out, *tape.gradient(total, [x, gain, shift])]

    written = functools.partial(form, epsilon=0.01)
    for got, expected in zip(gradients(written), gradients(derived), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_scalar_gain_and_shift_have_the_sums_of_all_channels_as_gradients():
    generator = np.random.default_rng(0)
    x, weight = (generator.normal(size=(5, 6)).astype("float32") for _ in range(2))
    found = []
    for per_channel in (True, False):
        norm = LayerNorm(gain_per_channel=per_channel)
        norm.build((None, 6))
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(norm(x) * weight)
        found.append(tape.gradient(total, [norm.gain.value, norm.shift.value]))
    for columns, scalar in zip(*found, strict=True):
        np.testing.assert_allclose(scalar, tf.reduce_sum(columns), rtol=1e-5)


def test_the_plain_form_computes_in_float32_and_answers_in_half():
    x = tf.constant(np.random.default_rng(0).normal(300.0, 1.0, (3, 64)), tf.bfloat16)
    one, zero = tf.ones(64), tf.zeros(64)
    got = normalize.__wrapped__(x, one, zero, 1e-6)
    assert got.dtype == tf.bfloat16
    np.testing.assert_allclose(
        tf.cast(got, tf.float32), normalize(x, one, zero, 1e-6), atol=0.02, rtol=0.01
    )
