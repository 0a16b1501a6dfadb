"""JAX's place of the largest value beside NumPy's."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from t2t_mm.layers.on_jax.largest import find_largest  # noqa: E402


def test_it_is_that_of_numpy_and_the_first_of_equal_ones():
    values = np.random.default_rng(0).integers(-5, 5, (4, 6, 30)).astype("float32")
    values[0, 0, 3] = -np.inf
    found = find_largest(values)
    np.testing.assert_array_equal(found, values.argmax(axis=-1))
    assert found.dtype == "int32"


@pytest.mark.parametrize("rows", [[[1.0, np.nan, 3.0]], [[-np.inf, -np.inf, -np.inf]]])
def test_it_is_a_place_of_the_row_whatever_the_values(rows):
    assert find_largest(np.array(rows, "float32")).tolist()[0] in (0, 1, 2)
