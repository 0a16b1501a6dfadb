import keras
import numpy as np
import pytest
from keras import ops

from t2t_mm.layers.convolution import ConvBlock, ConvStep


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
