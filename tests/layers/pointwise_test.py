import numpy as np
import pytest

from t2t_mm.layers.pointwise import Pointwise


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (2, 5, 3, 4)])
def test_it_equals_a_matrix_product_at_each_position(shape):
    x = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
    layer = Pointwise(5)
    y = layer(x)
    assert y.shape == (*x.shape[:-1], 5)
    np.testing.assert_allclose(y, x @ np.asarray(layer.kernel), atol=1e-5)


def test_there_is_no_bias():
    layer = Pointwise(5)
    np.testing.assert_array_equal(layer(np.zeros((2, 3, 4), "float32")), np.zeros((2, 3, 5)))
    assert [weight.name for weight in layer.weights] == ["kernel"]
