import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers.dropout import Dropout


def test_a_share_becomes_zero_and_the_rest_is_scaled_up():
    x = np.ones((100, 100), "float32")
    y = np.asarray(Dropout(0.25, seed=1)(x, training=True))
    assert set(np.unique(y).round(4)) == {0.0, np.float32(4 / 3).round(4)}
    assert abs((y == 0).mean() - 0.25) < 0.02


def test_neighbours_are_dropped_independently_whatever_the_size():
    x = np.ones((1001, 7, 3), "float32")
    dropped = np.asarray(Dropout(0.3, seed=1)(x, training=True)).ravel() == 0
    assert abs(dropped.mean() - 0.3) < 0.01
    for distance in (1, 2, 3, 21):
        both = dropped[distance:] & dropped[:-distance]
        assert abs(both.mean() - 0.09) < 0.01


def test_the_gradient_reaches_what_was_kept():
    x = tf.ones([4, 6])
    layer = Dropout(0.5, seed=1)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    np.testing.assert_array_equal(tape.gradient(y, x), y)


def test_nothing_is_dropped_outside_of_training():
    x = np.ones((3, 4), "float32")
    np.testing.assert_array_equal(Dropout(0.9, seed=1)(x, training=False), x)


def test_rate_zero_has_no_state_and_passes_its_input():
    layer = Dropout(0.0)
    np.testing.assert_array_equal(layer(np.ones((3, 4), "float32"), training=True), 1.0)
    assert not layer.variables


def test_same_seed_same_noise_and_restored_state_repeats_it():
    x = np.ones((8, 8), "float32")
    layer, twin = Dropout(0.5, seed=3), Dropout(0.5, seed=3)
    first = np.asarray(layer(x, training=True))
    np.testing.assert_array_equal(first, twin(x, training=True))
    state = [np.asarray(variable) for variable in layer.variables]
    second = np.asarray(layer(x, training=True))
    assert (first != second).any()
    layer.variables[0].assign(state[0])
    np.testing.assert_array_equal(second, layer(x, training=True))


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_a_rate_out_of_range_is_refused(rate):
    with pytest.raises(ValueError, match=rf"\[0, 1\). Received: rate={rate}"):
        Dropout(rate)
