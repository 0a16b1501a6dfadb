import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers import products
from t2t_mm.layers.on_tensorflow.transposed_products import (
    LEAST_ELEMENTS,
    multiply_transposed,
    sum_outer_products,
)

SMALL, LARGE = (3, 4), (512, LEAST_ELEMENTS // 512)


def draw(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape).astype("float32"))


@pytest.mark.parametrize("shape", [SMALL, LARGE])
def test_both_products_are_those_of_their_twins(shape):
    x, w = draw(5, shape[1]), draw(*shape, seed=1)
    plain = products.multiply_transposed.__wrapped__
    for pair in ((x, w), (w, x)):
        found, expected = multiply_transposed(*pair), plain(*pair)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, atol=1e-4)
    plain = products.sum_outer_products.__wrapped__
    np.testing.assert_allclose(sum_outer_products(w, w), plain(w, w), atol=1e-3)


@pytest.mark.parametrize(("shape", "operation"), [(SMALL, "MatMul"), (LARGE, "BatchMatMulV2")])
def test_only_a_large_matrix_takes_the_batched_routine(shape, operation):
    @tf.function(input_signature=[tf.TensorSpec([None, shape[1]])])
    def multiply(x):
        return multiply_transposed(x, tf.zeros(shape)), multiply_transposed(tf.zeros(shape), x)

    types = [op.type for op in multiply.get_concrete_function().graph.get_operations()]
    assert types.count(operation) == 2
    assert sum("MatMul" in name for name in types) == 2
