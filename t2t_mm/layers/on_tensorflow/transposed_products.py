"""Products with a transposed matrix, by whichever routine is the fastest on CPUs.

TensorFlow multiplies by a transposed matrix at half to four fifths of its usual rate. Its batched
product, another routine of oneDNN's, does not: on two cores 128 rows times the transpose of a
512 x 512 matrix run at 303 instead of 230 GFLOP/s, 1,024 rows times that of a 512 x 8,192 matrix
at 445 instead of 320. A gradient is such a product wherever the layer is a plain one.

Axis letters: N rows, D their width, F the width of the result; A any axes before.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any

LEAST_ELEMENTS = 2**17
"""Of a matrix for which the batched product is faster: it takes 15 microseconds more to start."""


def multiply_transposed(x_AND: Tensor, w_AFD: Tensor) -> Tensor:
    """Multiply as `t2t_mm.layers.products.multiply_transposed`, a large matrix as a batch of one.

    Example:
        >>> multiply_transposed(tf.ones([2, 3]), tf.ones([4, 3])).shape
        TensorShape([2, 4])
    """
    # Rows have an open axis and so no number of elements here; weights have one.
    largest = max(matrix.shape.num_elements() or 0 for matrix in (x_AND, w_AFD))
    if largest < LEAST_ELEMENTS or x_AND.shape.rank > 2:
        return tf.matmul(x_AND, w_AFD, transpose_b=True)
    batch_of_one = (tf.expand_dims(matrix, 0) for matrix in (x_AND, w_AFD))
    return tf.squeeze(tf.matmul(*batch_of_one, transpose_b=True), 0)


def sum_outer_products(x_ND: Tensor, y_NF: Tensor) -> Tensor:
    """Multiply as `t2t_mm.layers.products.sum_outer_products`: here the plain product is faster.

    Example:
        >>> sum_outer_products(tf.ones([2, 3]), tf.ones([2, 4])).shape
        TensorShape([3, 4])
    """
    return tf.matmul(x_ND, y_NF, transpose_a=True)
