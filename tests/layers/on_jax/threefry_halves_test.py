"""Noise on JAX: even, of any shape, other at each step."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax")

NOISE = """
import jax
import keras
import numpy as np
from t2t_mm.layers.dropout import LEVELS, Dropout, draw_levels

noise = keras.random.SeedGenerator(1)
first, second = (np.asarray(draw_levels((1001, 7, 3), noise)).astype("int64") for _ in range(2))
for levels in (first, second):
    assert levels.shape == (1001, 7, 3) and levels.min() >= 0 and levels.max() < LEVELS
    counts = np.bincount(levels.ravel() // (LEVELS // 16), minlength=16)
    assert abs(counts / counts.sum() - 1 / 16).max() < 0.01  # six standard deviations
    parity = np.bincount(levels.ravel() % 2)
    assert abs(parity / parity.sum() - 1 / 2).max() < 0.02
for distance in (1, 2, 3, 21):  # of neighbours, of halves of a word, and of both steps
    pairs = [(first.ravel()[distance:], first.ravel()[:-distance])]
    pairs.append((first.ravel()[distance:], second.ravel()[:-distance]))
    assert all(abs(np.corrcoef(*pair)[0, 1]) < 0.035 for pair in pairs)
assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.035
again = draw_levels((1001, 7, 3), keras.random.SeedGenerator(1))
assert (np.asarray(again) == first).all()
assert draw_levels((), noise).shape == ()

layer, x = Dropout(0.25, seed=1), np.ones((100, 100), "float32")
dropped = [np.asarray(layer(x, training=True)) == 0 for _ in range(2)]
assert all(abs(one.mean() - 0.25) < 0.02 for one in dropped)
assert abs((dropped[0] & dropped[1]).mean() - 0.0625) < 0.01
"""


@pytest.mark.slow
def test_noise_is_even_and_other_at_each_step():
    root = Path(__file__).parents[3]
    environment = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(root)}
    subprocess.run(
        [sys.executable, "-c", NOISE], env={**os.environ, **environment}, check=True, cwd=root
    )
