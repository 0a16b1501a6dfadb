"""Products of rows and a weight matrix, by whichever routine is the fastest on CPUs.

Axis letters: N rows, D their width, F the width of the result.

TensorFlow multiplies by a transposed matrix at half to four fifths of its usual rate. Its batched
product, another routine of oneDNN's, does not: on two cores 128 rows times the transpose of a
512 x 512 matrix run at 303 instead of 230 GFLOP/s, 1,024 rows times that of a 512 x 8,192 matrix
at 445 instead of 320. A gradient is such a product wherever the layer is a plain one.
"""

from typing import Any

import keras
from keras import ops

from t2t_mm.layers.gradients import attach_gradient
from t2t_mm.layers.weights import read_weights

Tensor = Any

LEAST_ELEMENTS = 2**17
"""Of a matrix for which the batched product is faster: it takes 15 microseconds more to start."""


def multiply_transposed(x_ND: Tensor, w_FD: Tensor) -> Tensor:
    """Multiply a matrix by the transpose of another, `x @ w.T`; either may be the weights.

    Args:
        x_ND: float[N, D].
        w_FD: float[F, D].

    Returns:
        float[N, F].

    Example:
        >>> multiply_transposed(ops.ones((2, 3)), ops.ones((4, 3))).shape
        TensorShape([2, 4])
    """
    if keras.backend.backend() != "tensorflow":
        return ops.matmul(x_ND, ops.transpose(w_FD))
    import tensorflow as tf

    # Rows have an open axis and so no number of elements here; weights have one.
    if max(matrix.shape.num_elements() or 0 for matrix in (x_ND, w_FD)) < LEAST_ELEMENTS:
        return tf.matmul(x_ND, w_FD, transpose_b=True)
    batch_of_one = (tf.expand_dims(matrix, 0) for matrix in (x_ND, w_FD))
    return tf.squeeze(tf.matmul(*batch_of_one, transpose_b=True), 0)


def sum_outer_products(x_ND: Tensor, y_NF: Tensor) -> Tensor:
    """Multiply the transpose of a matrix by another, `x.T @ y`: here the plain product is faster.

    Args:
        x_ND: float[N, D].
        y_NF: float[N, F].

    Returns:
        float[D, F].

    Example:
        >>> sum_outer_products(ops.ones((2, 3)), ops.ones((2, 4))).shape
        TensorShape([3, 4])
    """
    if keras.backend.backend() != "tensorflow":
        return ops.matmul(ops.transpose(x_ND), y_NF)
    import tensorflow as tf

    return tf.matmul(x_ND, y_NF, transpose_a=True)


def project(x_ND: Tensor, w_DF: Tensor) -> Tensor:
    """Multiply rows by a matrix, `x @ w`, with the faster gradient.

    Args:
        x_ND: float[N, D].
        w_DF: float[D, F], or a variable of that shape.

    Returns:
        float[N, F].

    Example:
        >>> project(ops.ones((2, 3)), ops.ones((3, 4))).shape
        TensorShape([2, 4])
    """

    @attach_gradient
    def multiply(x_ND: Tensor, w_DF: Tensor) -> Any:
        def gradient(upstream_NF: Tensor) -> tuple[Tensor, Tensor]:
            return multiply_transposed(upstream_NF, w_DF), sum_outer_products(x_ND, upstream_NF)

        return ops.matmul(x_ND, w_DF), gradient

    return multiply(x_ND, *read_weights([w_DF]))


def project_transposed(x_ND: Tensor, w_FD: Tensor) -> Tensor:
    """Multiply rows by the transpose of a matrix, `x @ w.T`, with the faster gradient.

    Args:
        x_ND: float[N, D].
        w_FD: float[F, D], or a variable of that shape.

    Returns:
        float[N, F].

    Example:
        >>> project_transposed(ops.ones((2, 3)), ops.ones((4, 3))).shape
        TensorShape([2, 4])
    """

    @attach_gradient
    def multiply(x_ND: Tensor, w_FD: Tensor) -> Any:
        def gradient(upstream_NF: Tensor) -> tuple[Tensor, Tensor]:
            return ops.matmul(upstream_NF, w_FD), sum_outer_products(upstream_NF, x_ND)

        return multiply_transposed(x_ND, w_FD), gradient

    return multiply(x_ND, *read_weights([w_FD]))
