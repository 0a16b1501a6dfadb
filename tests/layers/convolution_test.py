import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from t2t_mm.layers.convolution import ConvBlock, ConvStep, Pointwise, depthwise


def moved_positions(layer, length, changed):
    """Positions whose output moves when the input at `changed` does."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(1, length, 8)).astype("float32")
    other = x.copy()
    other[0, changed] = generator.normal(size=8)
    difference = np.abs(np.asarray(layer(x)) - np.asarray(layer(other))).max(-1)[0]
    return np.flatnonzero(difference > 0)


def test_a_block_reaches_65_positions_to_each_side():
    # Steps reach 1 + 1 + 7 + 7 * 8 positions; nothing beyond may move, the outermost must.
    moved = moved_positions(ConvBlock(), length=301, changed=150)
    assert (moved.min(), moved.max()) == (150 - 65, 150 + 65)


def test_a_causal_block_reaches_130_positions_back_and_none_ahead():
    moved = moved_positions(ConvBlock(causal=True), length=301, changed=150)
    assert (moved.min(), moved.max()) == (150, 150 + 130)


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
    got = depthwise(ops.convert_to_tensor(x), ops.convert_to_tensor(kernel), dilation, causal)
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("length", [0, 1, 7, 16, 33])
def test_a_kernels_gradient_in_a_graph_of_open_length(length):
    generator = np.random.default_rng(length)
    x, upstream = generator.normal(size=(2, 2, length, 4)).astype("float32")

    @tf.function(input_signature=[tf.TensorSpec([None, None, 4])] * 2)
    def gradient_of_kernel(x, upstream):
        kernel = tf.ones([5, 4])
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            y = depthwise(x, kernel, dilation=8)
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
    out = np.asarray(depthwise(ops.convert_to_tensor(x), ops.ones((3, 3))))
    assert out[..., [0, 2]].max() == 0.0
    np.testing.assert_array_equal(out[0, :, 1], [0, 0, 0, 1, 1, 1, 0, 0, 0])


def test_pointwise_equals_a_matrix_product_at_each_position():
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    layer = Pointwise(5)
    np.testing.assert_allclose(layer(x), x @ np.asarray(layer.kernel), atol=1e-5)


def test_a_step_rectifies_first():
    step = ConvStep(3)
    x = np.random.default_rng(0).normal(size=(1, 6, 8)).astype("float32")
    np.testing.assert_allclose(step(x), step(np.maximum(x, 0)), atol=1e-6)


def test_both_skips_start_at_the_blocks_input():
    block = ConvBlock()
    x = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(1, 6, 8)).astype("float32"))
    block(x)
    hidden2 = x + block.step2(block.step1(x))
    hidden4 = x + block.step4(block.step3(hidden2))
    np.testing.assert_allclose(block(x), hidden4, atol=1e-6)


def test_dropout_is_at_the_end_of_the_block():
    block = ConvBlock(dropout=0.5, seed=1)
    x = np.random.default_rng(0).normal(size=(4, 6, 8)).astype("float32")
    plain, dropped = np.asarray(block(x)), np.asarray(block(x, training=True))
    kept = dropped != 0
    assert 0.3 < kept.mean() < 0.7
    np.testing.assert_allclose(dropped[kept], 2 * plain[kept], rtol=1e-5)


def test_width_may_change_in_a_step():
    assert ConvStep(3, width=6)(keras.ops.ones((2, 5, 8))).shape == (2, 5, 6)


def test_an_even_kernel_cannot_look_to_both_sides_alike():
    with pytest.raises(ValueError, match=r"odd kernel\. Received: kernel_size=4"):
        ConvStep(4)
