"""JAX's form of depthwise convolutions beside the plain one, with its derived gradients."""

import numpy as np
import pytest
import tensorflow as tf

jax = pytest.importorskip("jax")

from t2t_mm.layers import depthwise  # noqa: E402
from t2t_mm.layers.on_jax import shifted_places  # noqa: E402


def draw(*shapes, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.normal(size=shape).astype("float32") for shape in shapes]


def differentiate_plainly(convolve, x, kernel, upstream):
    with tf.GradientTape() as tape:
        x, kernel = tf.constant(x), tf.constant(kernel)
        tape.watch([x, kernel])
        out = convolve(x, kernel)
    return out, *tape.gradient(out, [x, kernel], upstream)


def differentiate_on_jax(convolve, x, kernel, upstream):
    out, backward = jax.vjp(convolve, x, kernel)
    return out, *backward(upstream)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_one_position_is_the_sum_of_its_taps(dtype):
    taps, kernel = draw((15, 3, 4), (15, 4))
    expected = depthwise.weigh_taps(tf.constant(taps), tf.constant(kernel))
    got = shifted_places.weigh_taps(*(jax.numpy.asarray(x, dtype) for x in (taps, kernel)))
    assert got.dtype == dtype
    tolerance = 1e-5 if dtype == "float32" else 0.1
    np.testing.assert_allclose(np.asarray(got, "float32"), expected, atol=tolerance)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("taps", "dilation"), [(3, 1), (5, 1), (5, 8)])
@pytest.mark.parametrize("length", [1, 7, 33])
def test_output_and_gradients_over_positions(causal, taps, dilation, length):
    x, kernel, upstream = draw((2, length, 4), (taps, 4), (2, length, 4), seed=length)
    rest = dilation, causal
    wanted = differentiate_plainly(
        lambda x, kernel: depthwise.convolve_depthwise(x, kernel, *rest), x, kernel, upstream
    )
    got = differentiate_on_jax(
        lambda x, kernel: shifted_places.convolve_depthwise(x, kernel, *rest), x, kernel, upstream
    )
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (2, 1), (1, 3)])
@pytest.mark.parametrize("kernel_size", [(3, 3), (5, 1)])
@pytest.mark.parametrize("size", [(6, 7), (1, 2)])
def test_output_and_gradients_over_pictures(strides, kernel_size, size):
    sizes = [-(-one // stride) for one, stride in zip(size, strides, strict=True)]
    x, kernel, upstream = draw((2, *size, 3), (*kernel_size, 3), (2, *sizes, 3))
    wanted = differentiate_plainly(
        lambda x, kernel: depthwise.convolve_depthwise_2d(x, kernel, strides), x, kernel, upstream
    )
    got = differentiate_on_jax(
        lambda x, kernel: shifted_places.convolve_depthwise_2d(x, kernel, strides),
        x,
        kernel,
        upstream,
    )
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_sums_are_in_float32_where_numbers_are_not():
    x, kernel, upstream = draw((8, 64, 16), (15, 16), (8, 64, 16))
    exact = differentiate_plainly(depthwise.convolve_depthwise, x, kernel, upstream)
    halves = [array.astype("bfloat16") for array in map(jax.numpy.asarray, (x, kernel, upstream))]
    got = differentiate_on_jax(shifted_places.convolve_depthwise, *halves)
    for one, other in zip(got, exact, strict=True):
        assert one.dtype == "bfloat16"
        difference = np.linalg.norm(np.asarray(one, "float32") - other)
        assert difference < 5e-3 * np.linalg.norm(other)  # that of the numbers themselves


def test_no_position_gives_none():
    out = shifted_places.convolve_depthwise(np.zeros((2, 0, 4), "float32"), np.ones((3, 4)))
    assert out.shape == (2, 0, 4)
