import numpy as np
import tensorflow as tf

from t2t_mm.layers.dispatch.feed_forward import back_propagate, feed_forward


def test_the_gradient_is_that_of_automatic_differentiation():
    generator = np.random.default_rng(0)
    shapes = (3, 4, 5), (3, 6, 5), (3, 6, 5)  # three experts
    inputs = [tf.constant(generator.normal(size=shape)) for shape in shapes]
    upstream = tf.constant(generator.normal(size=(3, 4, 5)))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        hidden, out = feed_forward(*inputs)
    expected = tape.gradient(out, inputs, upstream)
    got = back_propagate(upstream, inputs[0], hidden, *inputs[1:])
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
