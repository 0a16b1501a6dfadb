import numpy as np
import pytest
from keras import ops

from t2t_mm.layers.timing import add_timing, make_timing_signal


def test_signal_follows_the_formula():
    signal = np.asarray(make_timing_signal(7, 6))
    for t in range(7):
        for pair in range(3):
            angle = t * 10000.0 ** (-2 * pair / 6)
            np.testing.assert_allclose(signal[t, 2 * pair], np.sin(angle), atol=1e-5)
            np.testing.assert_allclose(signal[t, 2 * pair + 1], np.cos(angle), atol=1e-5)


def test_start_moves_along_the_same_signal():
    np.testing.assert_allclose(
        make_timing_signal(3, 8, start=4), make_timing_signal(7, 8)[4:], atol=1e-6
    )


def test_every_sequence_gets_the_same_signal():
    x = ops.ones((2, 5, 8))
    y = add_timing(x)
    np.testing.assert_allclose(y[0], 1.0 + np.asarray(make_timing_signal(5, 8)), atol=1e-6)
    np.testing.assert_array_equal(y[0], y[1])


def test_odd_width_is_refused():
    with pytest.raises(ValueError, match=r"even width\. Received: width=5"):
        make_timing_signal(3, 5)
