"""Gradients of large matrices as the optimizer keeps them: the product, or its factors if few rows.

Factors of few rows tell the norm of their product, and the matrix is made where it is used up, in
memory that never leaves the cache. Elsewhere all of it is written, read for the norm, kept and read
again.

Axis letters: A x B a weight matrix, N rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from t2t_mm.layers.factored import FactoredGradient

LEAST_SAVING = 8
"""The product is to take this many times the operations that its norm takes by the factors."""


class PackedGradient(NamedTuple):
    """The gradient of a large matrix, `left @ right`, or the matrix in place of `left`.

    Attributes:
        left: float[A, N] or float[A, B].
        right: float[N, B].
        is_whole: bool scalar, whether `left` is the matrix. (It cannot be told by the shapes:
            TensorFlow's graph optimizer has beliefs about those of variables.)
    """

    left: tf.Tensor
    right: tf.Tensor
    is_whole: tf.Tensor

    def multiply_by(self, factor: tf.Tensor) -> PackedGradient:
        """Return the gradient times a number."""
        return self._replace(left=self.left * factor)

    def make_matrix(self, shape: Sequence[int]) -> tf.Tensor:
        """Return the gradient as float[A, B]; `shape` is that."""

        def whole(left: tf.Tensor, _: tf.Tensor) -> list[tf.Tensor]:
            return [left]

        def product(left: tf.Tensor, right_NB: tf.Tensor) -> list[tf.Tensor]:
            return [tf.matmul(left, right_NB)]

        [matrix] = _choose(self.is_whole, whole, product, self.left, self.right)
        return tf.ensure_shape(matrix, shape)


def pack(gradient: FactoredGradient) -> tuple[PackedGradient, tf.Tensor]:
    """Multiply the factors unless their rows are few, and sum the squares of the product.

    The squares are summed from few rows' products with each other: |L R|² = sum(LᵀL * RRᵀ).

    Returns:
        The packed gradient, and half the sum of its squares, a scalar.

    Example:
        >>> packed, half_square = pack(FactoredGradient(tf.ones([2, 3]), tf.ones([3, 4])))
        >>> packed.make_matrix([2, 4])[0].numpy().tolist(), float(half_square)  # 3² eight times / 2
        ([3.0, 3.0, 3.0, 3.0], 36.0)
    """

    def keep(left: tf.Tensor, right: tf.Tensor) -> list[tf.Tensor]:
        grams = tf.matmul(left, left, transpose_a=True) * tf.matmul(right, right, transpose_b=True)
        return [left, 0.5 * tf.reduce_sum(grams)]

    def multiply(left: tf.Tensor, right: tf.Tensor) -> list[tf.Tensor]:
        matrix = tf.matmul(left, right)
        return [matrix, tf.nn.l2_loss(matrix)]

    height, width = gradient.left.shape[0], gradient.right.shape[1]
    most_rows = height * width // (LEAST_SAVING * (height + width))
    are_many = tf.size(gradient.right) > most_rows * width
    left, half_square = _choose(are_many, multiply, keep, gradient.left, gradient.right)
    return PackedGradient(left, gradient.right, are_many), half_square


def _choose(
    condition: tf.Tensor,
    if_true: Callable[..., Sequence[tf.Tensor]],
    if_false: Callable[..., Sequence[tf.Tensor]],
    *tensors: tf.Tensor,
) -> list[tf.Tensor]:
    """Choose as `tf.cond` does, without a function traced for each branch: of hundreds, seconds.

    Each branch uses no tensors but those given to it.
    """
    if tf.executing_eagerly():
        return list(if_true(*tensors) if condition else if_false(*tensors))
    switched = [tf.raw_ops.Switch(data=tensor, pred=condition) for tensor in tensors]
    results = zip(
        if_false(*(one.output_false for one in switched)),
        if_true(*(one.output_true for one in switched)),
        strict=True,
    )
    return [tf.raw_ops.Merge(inputs=either).output for either in results]
