"""Noise of two values a word: as even as its twin's, and its generator moves on as far."""

import keras
import numpy as np
import pytest

from t2t_mm.layers import dropout
from t2t_mm.layers.dropout import LEVELS
from t2t_mm.layers.on_tensorflow.half_words import draw_levels


@pytest.mark.parametrize("draw", [draw_levels, dropout.draw_levels.__wrapped__])
def test_levels_are_even_from_zero_to_the_last(draw):
    levels = np.asarray(draw((101, 7, 30), keras.random.SeedGenerator(1))).astype(int)
    assert levels.shape == (101, 7, 30)
    assert levels.min() < 20 and LEVELS - 20 < levels.max() < LEVELS
    eighths = np.bincount(levels.ravel() * 8 // LEVELS, minlength=8) / levels.size
    np.testing.assert_allclose(eighths, 1 / 8, atol=0.01)


def test_a_generator_moves_on_as_far_as_by_the_twin():
    ours, theirs = keras.random.SeedGenerator(1), keras.random.SeedGenerator(1)
    first = np.asarray(draw_levels((5,), ours))
    dropout.draw_levels.__wrapped__((5,), theirs)
    np.testing.assert_array_equal(ours.state, theirs.state)
    assert (np.asarray(draw_levels((5,), ours)) != first).any()
