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


@pytest.mark.parametrize(("platform", "sorts"), [("cpu", True), ("cuda", False)])
def test_only_a_cpu_chooses_by_sorting(platform, sorts):
    lowered = (
        jax.jit(find_largest)
        .trace(np.zeros((2, 9), "float32"))
        .lower(lowering_platforms=(platform,))
    )
    assert ("top_k" in lowered.as_text()) == sorts
