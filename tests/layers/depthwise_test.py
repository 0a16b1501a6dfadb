import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from t2t_mm.layers.depthwise import convolve_depthwise, convolve_depthwise_2d, weigh_taps


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dilation", [1, 4, 8])
@pytest.mark.parametrize("length", [1, 7, 16, 33])
def test_folded_rows_equal_the_sum_over_taps(causal, dilation, length):
    generator = np.random.default_rng(length)
    x = generator.normal(size=(2, length, 4)).astype("float32")
    kernel = generator.normal(size=(5, 4)).astype("float32")
    expected = np.zeros_like(x)
    for tap in range(5):
        offset = (tap - (4 if causal else 2)) * dilation
        for t in range(length):
            if 0 <= t + offset < length:
                expected[:, t] += x[:, t + offset] * kernel[tap]
    got = convolve_depthwise(
        ops.convert_to_tensor(x), ops.convert_to_tensor(kernel), dilation, causal
    )
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_one_position_is_that_of_the_whole_convolution():
    generator = np.random.default_rng(0)
    x, kernel = generator.normal(size=(2, 5, 4)), generator.normal(size=(5, 4))
    whole = convolve_depthwise(ops.cast(x, "float32"), ops.cast(kernel, "float32"), causal=True)
    taps = ops.cast(x.transpose(1, 0, 2), "float32")
    last = weigh_taps(taps, ops.cast(kernel, "float32"))
    np.testing.assert_allclose(last, whole[:, -1], atol=1e-5)


@pytest.mark.parametrize("length", [0, 1, 7, 16, 33])
def test_a_kernels_gradient_in_a_graph_of_open_length(length):
    generator = np.random.default_rng(length)
    x, upstream = generator.normal(size=(2, 2, length, 4)).astype("float32")

    @tf.function(input_signature=[tf.TensorSpec([None, None, 4])] * 2)
    def gradient_of_kernel(x, upstream):
        kernel = tf.ones([5, 4])
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            y = convolve_depthwise(x, kernel, dilation=8)
        return tape.gradient(y, kernel, upstream)

    expected = np.zeros((5, 4))
    for tap in range(5):
        for t in range(length):
            if 0 <= t + (tap - 2) * 8 < length:
                expected[tap] += (x[:, t + (tap - 2) * 8] * upstream[:, t]).sum(axis=0)
    np.testing.assert_allclose(gradient_of_kernel(x, upstream), expected, atol=1e-4)


def test_channels_mix_in_the_pointwise_part_only():
    x = np.zeros((1, 9, 3), "float32")
    x[0, 4, 1] = 1.0
    out = np.asarray(convolve_depthwise(ops.convert_to_tensor(x), ops.ones((3, 3))))
    assert out[..., [0, 2]].max() == 0.0
    np.testing.assert_array_equal(out[0, :, 1], [0, 0, 0, 1, 1, 1, 0, 0, 0])


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def by_hand(x, kernel, strides):
    """Depthwise convolution of one picture in loops: output i is centred on input i * stride."""
    (rows, columns, _), (height, width, channels) = kernel.shape, x.shape
    margin = [(rows // 2, rows // 2), (columns // 2, columns // 2), (0, 0)]
    padded = np.pad(x, margin)
    out = np.zeros((-(-height // strides[0]), -(-width // strides[1]), channels), "float32")
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            top, left = i * strides[0], j * strides[1]
            out[i, j] = (padded[top : top + rows, left : left + columns] * kernel).sum((0, 1))
    return out


@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (2, 1), (1, 3), (4, 4)])
@pytest.mark.parametrize("kernel_size", [(3, 3), (5, 1)])
@pytest.mark.parametrize("size", [(6, 7), (7, 6)])
def test_depthwise_equals_loops(strides, kernel_size, size):
    x, kernel = noise(2, *size, 3), noise(*kernel_size, 3, seed=1)
    got = np.asarray(convolve_depthwise_2d(x, kernel, strides))
    for picture, out in zip(x, got, strict=True):
        np.testing.assert_allclose(out, by_hand(picture, kernel, strides), atol=1e-5)
