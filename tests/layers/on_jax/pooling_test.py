"""JAX's form of pooling beside the plain one, with its gradient."""

import numpy as np
import pytest
import tensorflow as tf

jax = pytest.importorskip("jax")

from t2t_mm.layers import striding  # noqa: E402
from t2t_mm.layers.on_jax import pooling  # noqa: E402

SIZES = [(6, 7), (1, 2)]
STRIDES = [(1, 1), (2, 2), (2, 1)]


def draw(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("strides", STRIDES)
@pytest.mark.parametrize("ties", [False, True])
def test_output_and_gradients_of_pooling(size, strides, ties):
    x = draw(2, *size, 3)
    x = np.round(x) if ties else x  # the first of a window has the gradient
    mask = np.ones((2, *size), bool)
    mask[0, :, -1] = False
    with tf.GradientTape() as tape:
        places = tf.constant(x)
        tape.watch(places)
        wanted = striding.max_pool(places, tf.constant(mask), (3, 3), strides)
    upstream = draw(*wanted.shape)

    def pool(x):
        blocked = jax.numpy.asarray(~mask[..., None], "float32") * striding.BLOCKED
        edges = [(0, 0), (1, 1), (1, 1), (0, 0)]
        padded = jax.numpy.pad(x + blocked, edges, constant_values=striding.BLOCKED)
        return pooling.take_largest(padded, (3, 3), strides)

    got, backward = jax.vjp(pool, x)
    np.testing.assert_array_equal(got, wanted)
    np.testing.assert_allclose(
        backward(upstream)[0], tape.gradient(wanted, places, upstream), atol=1e-6
    )
