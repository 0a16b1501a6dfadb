"""JAX's own attention beside the plain form."""

import numpy as np
import pytest
import tensorflow as tf

jax = pytest.importorskip("jax")

from t2t_mm.layers.attention import average_values as average_plainly  # noqa: E402
from t2t_mm.layers.masking import BLOCKED  # noqa: E402
from t2t_mm.layers.on_jax import average_values  # noqa: E402


def draw(*shapes):
    generator = np.random.default_rng(0)
    return [generator.normal(size=shape).astype("float32") for shape in shapes]


BIASES = {
    "nothing blocked": None,
    "padding": np.float32([0, 0, 0, BLOCKED, BLOCKED]) * np.ones((2, 1, 1, 5), "float32"),
    "later positions": np.triu(np.full((4, 5), BLOCKED, "float32"), 1)[None, None],
    "nothing seen": np.full((2, 1, 1, 5), BLOCKED, "float32"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BIASES)
def test_output_and_gradients_are_those_of_the_plain_form(name):
    bias = BIASES[name]
    query, keys, values, upstream = draw((2, 3, 4, 8), (2, 3, 5, 8), (2, 3, 5, 8), (2, 3, 4, 8))
    with tf.GradientTape() as tape:
        tensors = [tf.constant(array) for array in (query, keys, values)]
        tape.watch(tensors)
        wanted = average_plainly(*tensors, bias)
    wanted = wanted, *tape.gradient(wanted, tensors, upstream)
    out, backward = jax.vjp(lambda *heads: average_values(*heads, bias), query, keys, values)
    for one, other in zip((out, *backward(upstream)), wanted, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_half_precision_stays_what_it_is():
    query, keys, values = (
        array.astype("bfloat16")
        for array in map(jax.numpy.asarray, draw((2, 3, 4, 8), (2, 3, 5, 8), (2, 3, 5, 8)))
    )
    out = average_values(query, keys, values, BIASES["padding"])
    assert out.dtype == "bfloat16"
    assert out.shape == (2, 3, 4, 8)
