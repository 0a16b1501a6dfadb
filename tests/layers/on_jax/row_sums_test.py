"""JAX's sums over rows beside the product of the plain form."""

import numpy as np
import pytest

pytest.importorskip("jax")

from t2t_mm.layers import batch_norm
from t2t_mm.layers.on_jax import row_sums


def test_rows_count_by_their_weights():
    generator = np.random.default_rng(0)
    rows, weights = generator.normal(size=(7, 3)).astype("float32"), np.ones((1, 7), "float32")
    weights[0, 2:4] = 0.0, 2.5
    got = row_sums.sum_rows(rows, weights)
    np.testing.assert_allclose(got, batch_norm.sum_rows(rows, weights), rtol=1e-5)
    np.testing.assert_allclose(got, (rows * weights.T).sum(axis=0), rtol=1e-5)
