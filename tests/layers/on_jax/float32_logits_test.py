"""JAX's logits beside the exact product, and beside those of the plain form."""

import numpy as np
import pytest

pytest.importorskip("jax")

import jax.numpy as jnp
from keras import ops

from t2t_mm.layers import products
from t2t_mm.layers.on_jax.float32_logits import compute_logits

DRAW = np.random.default_rng(0)
ROWS, MATRIX = (DRAW.normal(size=size).astype("float32") for size in ((5, 64), (9, 64)))


def test_logits_of_bfloat16_are_not_rounded():
    x, w = (jnp.asarray(array, "bfloat16") for array in (ROWS, MATRIX))
    exact = np.asarray(x, "float64") @ np.asarray(w, "float64").T
    logits = compute_logits(x, w)
    assert logits.dtype == "float32"
    np.testing.assert_allclose(logits, exact, rtol=1e-4, atol=1e-4)
    assert np.abs(np.asarray(x @ w.T, "float64") - exact).max() > 1e-2


def test_those_of_float32_are_what_they_were():
    found = compute_logits(jnp.asarray(ROWS), jnp.asarray(MATRIX))
    np.testing.assert_array_equal(found, jnp.asarray(ROWS) @ jnp.asarray(MATRIX).T)
    plain = products.compute_logits(*map(ops.convert_to_tensor, (ROWS, MATRIX)))
    np.testing.assert_allclose(found, plain, rtol=1e-4, atol=1e-5)
