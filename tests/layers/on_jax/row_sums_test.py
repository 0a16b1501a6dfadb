"""JAX's form of weighted sums of rows beside the plain one."""

import numpy as np
import pytest

pytest.importorskip("jax")

from t2t_mm.layers import batch_norm
from t2t_mm.layers.on_jax import row_sums


def test_rows_are_weighed_and_added_up():
    generator = np.random.default_rng(0)
    weights = generator.integers(0, 2, (1, 40)).astype("float32")
    rows = generator.normal(size=(40, 3)).astype("float32")
    wanted = batch_norm.add_up_rows(weights, rows)
    assert np.any(wanted != rows.sum(0))
    np.testing.assert_allclose(row_sums.add_up_rows(weights, rows), wanted, atol=1e-5)
