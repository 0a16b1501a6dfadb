import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers.striding import (
    mark_areas,
    max_pool,
    subsample,
    subsample_mask,
    subsample_size,
    surround,
)


@pytest.mark.parametrize(
    ("size", "stride", "left"), [(1, 2, 1), (2, 2, 1), (3, 2, 2), (299, 2, 150), (9, 4, 3)]
)
def test_a_strided_axis_is_rounded_up(size, stride, left):
    assert subsample_size(size, stride) == left
    assert subsample_size(np.array([size]), stride).tolist() == [left]
    pooled = max_pool(np.zeros((1, size, 1, 1), "float32"), None, (3, 1), (stride, 1))
    assert pooled.shape == (1, left, 1, 1)


def test_area_mask_marks_the_upper_left():
    mask = mark_areas(np.array([[1, 2], [2, 3]]), 2, 3)
    np.testing.assert_array_equal(mask[0], [[True, True, False], [False, False, False]])
    assert np.asarray(mask[1]).all()


@pytest.mark.parametrize("real", range(1, 8))
def test_a_position_is_real_if_any_real_one_falls_into_it(real):
    mask = mark_areas(np.array([[real, 2]]), 7, 5)
    left = np.asarray(subsample_mask(mask, (3, 2)))
    assert left.shape == (1, 3, 3)
    assert left[0, :, 0].sum() == -(-real // 3)
    assert left[0, 0].tolist() == [True, False, False]
    assert subsample_mask(None, (3, 2)) is None


def test_windows_are_centred_on_every_second_position_whatever_the_length():
    x = np.array([5, 1, 2, 3, 9, 4, 0, 8], "float32")
    for length in (7, 8):
        pooled = np.asarray(max_pool(x[None, :length, None, None], None, (3, 1), (2, 1)))
        assert pooled[0, :, 0, 0].tolist() == [5, 3, 9, 8 if length == 8 else 4]


def test_padding_never_wins_the_pool_even_over_negative_numbers():
    x = np.array([-3, -2, -5, 7, 7], "float32")[None, :, None, None]
    mask = mark_areas(np.array([[3, 1]]), 5, 1)
    pooled = np.asarray(max_pool(x, mask, (3, 1), (2, 1)))[0, :, 0, 0]
    assert pooled[:2].tolist() == [-2, -2]
    assert pooled[2] < -1e6  # its centre is not real: for the caller to mask


def test_padding_gets_no_gradient_from_the_pool():
    x = tf.constant(np.array([-3, -2, -5, 7, 7], "float32")[None, :, None, None])
    with tf.GradientTape() as tape:
        tape.watch(x)
        pooled = max_pool(x, mark_areas(np.array([[3, 1]]), 5, 1), (3, 1), (2, 1))
        total = tf.reduce_sum(pooled[:, :2] * np.array([1.0, 10.0], "float32")[:, None, None])
    assert tf.reshape(tape.gradient(total, x), [-1]).numpy().tolist() == [0, 11, 0, 0, 0]


@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (3, 1), (1, 4)])
@pytest.mark.parametrize("size", [(6, 8), (7, 5), (1, 1)])
def test_subsampling_equals_brackets(strides, size):
    x = np.random.default_rng(0).normal(size=(2, *size, 3)).astype("float32")
    np.testing.assert_array_equal(subsample(x, strides), x[:, :: strides[0], :: strides[1]])


def test_a_margin_is_half_the_window():
    x = surround(np.ones((1, 2, 3, 1), "float32"), (3, 5), -7.0)
    assert x.shape == (1, 4, 7, 1)
    assert np.asarray(x)[0, 1, :, 0].tolist() == [-7, -7, 1, 1, 1, -7, -7]
