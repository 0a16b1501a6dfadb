"""JAX's place of the largest value beside NumPy's."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from t2t_mm.layers.on_jax import largest  # noqa: E402


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_it_is_that_of_numpy_and_the_first_of_equal_ones(device, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: device)
    values = np.random.default_rng(0).integers(-5, 5, (4, 6, 30)).astype("float32")
    values[0, 0, 3] = -np.inf
    found = largest.find_largest(values)
    np.testing.assert_array_equal(found, values.argmax(axis=-1))
    assert found.dtype == "int32"
