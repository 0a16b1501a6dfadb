import numpy as np
import tensorflow as tf

from t2t_mm.layers import normalization
from t2t_mm.layers.on_tensorflow.normalized_rows import normalize


def test_rows_and_gradients_are_those_of_the_twin():
    draw = np.random.default_rng(0)
    x, weight = (tf.constant(draw.normal(2.0, 3.0, (7, 16)), tf.float32) for _ in range(2))
    gain, shift = (tf.constant(draw.normal(size=16), tf.float32) for _ in range(2))
    found = []
    for form in (normalize, normalization.normalize.__wrapped__):
        with tf.GradientTape() as tape:
            tape.watch([x, gain, shift])
            out = form(x, gain, shift, 1e-3)
            total = tf.reduce_sum(out * weight)
        found.append([out, *tape.gradient(total, [x, gain, shift])])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_statistics_are_of_float32_whatever_is_given():
    x = tf.constant(np.random.default_rng(0).normal(300.0, 1.0, (3, 64)), tf.bfloat16)
    out = normalize(x, tf.ones(64), tf.zeros(64), 1e-6)
    assert out.dtype == tf.float32
    np.testing.assert_allclose(tf.reduce_mean(out, axis=-1), np.zeros(3), atol=1e-5)
