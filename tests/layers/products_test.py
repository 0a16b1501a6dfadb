import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.layers.on_tensorflow.transposed_products import LEAST_ELEMENTS
from t2t_mm.layers.products import multiply_transposed, project, project_to_logits

SMALL, LARGE = (3, 4), (512, LEAST_ELEMENTS // 512)
DRAW = np.random.default_rng(0)


def random(shape):
    return tf.constant(DRAW.normal(size=shape).astype("float32"))


def gradients(function, x, w, weights):
    with tf.GradientTape() as tape:
        tape.watch([x, w])
        total = tf.reduce_sum(function(x, w) * weights)
    return tape.gradient(total, [x, w])


@pytest.mark.parametrize("shape", [SMALL, LARGE])
def test_a_matrix_is_transposed_whichever_side_the_weights_are(shape):
    x, w = random((2, shape[1])), random(shape)
    np.testing.assert_allclose(multiply_transposed(x, w), x.numpy() @ w.numpy().T, atol=1e-4)
    np.testing.assert_allclose(multiply_transposed(w, x), w.numpy() @ x.numpy().T, atol=1e-4)


@pytest.mark.parametrize("shape", [SMALL, LARGE])
def test_each_matrix_of_a_batch_is_transposed(shape):
    x, w = random((2, 3, 5, shape[1])), random((2, 3, *shape))
    expected = x.numpy() @ w.numpy().swapaxes(-1, -2)
    for multiply in (multiply_transposed, multiply_transposed.__wrapped__):
        np.testing.assert_allclose(multiply(x, w), expected, atol=1e-4)


@pytest.mark.parametrize("shape", [SMALL, LARGE])
@pytest.mark.parametrize(
    ("ours", "plain", "axis"),
    [
        (project, tf.matmul, 0),
        (project_to_logits, lambda x, w: tf.matmul(x, w, transpose_b=True), 1),
    ],
)
def test_values_and_gradients_are_those_of_the_plain_product(ours, plain, axis, shape):
    x, w, weights = random((5, shape[axis])), random(shape), random((5, shape[1 - axis]))
    np.testing.assert_allclose(ours(x, w), plain(x, w), atol=1e-4)
    for found, expected in zip(
        gradients(ours, x, w, weights), gradients(plain, x, w, weights), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_low_precision_stays_low():
    x, w = (tf.cast(random(shape), tf.bfloat16) for shape in ((2, 4), SMALL))
    assert multiply_transposed(x, w).dtype == tf.bfloat16
    assert all(g.dtype == tf.bfloat16 for g in gradients(project_to_logits, x, w, 1.0))
