import numpy as np
import pytest

from t2t_mm.layers.convolution2d import ConvRes, ConvStep2D
from t2t_mm.layers.striding import mark_areas


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_an_ordinary_step_equals_matrix_products_and_keeps_negative_input():
    step = ConvStep2D(4, strides=(2, 2), rectify=False, separable=False)
    x = noise(1, 5, 5, 2)
    got = np.asarray(step(x))
    kernel = np.asarray(step.kernel).reshape(3, 3, 2, 4)
    window = np.pad(x[0], [(1, 1), (1, 1), (0, 0)])[2:5, 4:7]  # centred on row 2, column 4
    hidden = np.einsum("rcd,rcdw->w", window, kernel) + np.asarray(step.bias)
    expected = (hidden - hidden.mean()) / hidden.std()
    np.testing.assert_allclose(got[0, 1, 2], expected, atol=1e-4)


def test_a_separable_step_sees_only_the_sign_of_a_single_channel_an_ordinary_one_more():
    # Why raw sound is read by an ordinary convolution with a bias.
    quiet, loud = noise(1, 8, 8, 1), 10 * noise(1, 8, 8, 1)
    separable = ConvStep2D(6, rectify=False)
    assert np.median(np.abs(np.asarray(separable(quiet) - separable(loud)))) < 1e-3
    ordinary = ConvStep2D(6, rectify=False, separable=False)
    assert np.median(np.abs(np.asarray(ordinary(quiet) - ordinary(loud)))) > 0.1


def test_relu_is_left_out_on_request():
    x = -np.abs(noise(1, 4, 4, 3))
    rectified, raw = ConvStep2D(5), ConvStep2D(5, rectify=False)
    assert np.ptp(np.asarray(rectified(x)), axis=-1).max() == 0  # zeros in, the mean of zeros out
    assert np.ptp(np.asarray(raw(x)), axis=-1).max() > 0.1


def test_an_even_kernel_is_refused():
    with pytest.raises(ValueError, match=r"odd sizes. Received: kernel_size=\(3, 2\)"):
        ConvStep2D(4, (3, 2))


@pytest.mark.parametrize("strides", [(2, 2), (2, 1), (1, 1)])
@pytest.mark.parametrize("size", [(5, 6), (6, 5), (1, 1)])
def test_more_padding_changes_nothing(strides, size):
    block = ConvRes(8, strides)
    height, width = size
    x = noise(1, height, width, 3)
    alone = np.asarray(block(x))
    assert alone.shape == (1, -(-height // strides[0]), -(-width // strides[1]), 8)
    for rows, columns in ((1, 0), (2, 1), (5, 4)):
        larger = np.full((1, height + rows, width + columns, 3), 9.0, "float32")
        larger[:, :height, :width] = x
        mask = mark_areas(np.array([[height, width]]), height + rows, width + columns)
        padded = np.array(block(larger, position_mask=mask))
        inside = padded[:, : alone.shape[1], : alone.shape[2]]
        np.testing.assert_allclose(inside, alone, atol=1e-5)
        padded[:, : alone.shape[1], : alone.shape[2]] = 0
        assert not padded.any()


def test_both_paths_of_a_block_carry_the_input():
    block = ConvRes(8)
    x = noise(1, 8, 8, 4)
    whole = np.asarray(block(x))
    block.shortcut.kernel.assign(np.zeros(block.shortcut.kernel.shape))
    only_pooled = np.asarray(block(x))
    assert np.abs(whole - only_pooled).max() > 0.1
    assert np.abs(only_pooled).max() > 0.1
