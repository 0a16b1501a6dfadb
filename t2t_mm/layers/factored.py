"""Gradients of matrices that few rows reached, kept as their factors; TensorFlow only.

The gradient of a weight matrix is a product over rows. Where the rows are few, as many experts'
are, its factors are far fewer bytes: they tell its norm, and the matrix is made where it is used
up, a piece of memory that never leaves the cache. Elsewhere all of it is written, read for the
norm, kept and read again.

Axis letters: A x B a weight matrix, N rows.
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

Tensor = Any

LEAST_ELEMENTS = 2**19
"""Of a matrix whose gradient is kept as factors: to choose takes longer for smaller ones."""
LEAST_SAVING = 8
"""The product is to take this many times the operations that its norm takes by the factors."""

_factors_are_kept = contextvars.ContextVar("factors_are_kept", default=False)


@dataclasses.dataclass(frozen=True)
class FactoredGradient:
    """The gradient `left @ right`. A tape hands it on as it is; operations read the product.

    Attributes:
        left_AN: float[A, N].
        right_NB: float[N, B].
    """

    left_AN: Tensor
    right_NB: Tensor

    @property
    def dtype(self) -> Any:
        return self.left_AN.dtype

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Tensor:
        import tensorflow as tf

        return tf.convert_to_tensor(tf.matmul(self.left_AN, self.right_NB), dtype, name=name)


@contextlib.contextmanager
def keep_factors() -> Iterator[None]:
    """Within it, layers hand on the factors of their large matrices' gradients where they can.

    Only for losses that use each such matrix once: a tape cannot add factors.
    """
    token = _factors_are_kept.set(True)
    try:
        yield
    finally:
        _factors_are_kept.reset(token)


def gradient_of_matrix(left_AN: Tensor, right_NB: Tensor) -> Tensor | FactoredGradient:
    """Return the product of both, or both if it is large and within `keep_factors`.

    Args:
        left_AN: float[A, N].
        right_NB: float[N, B].

    Example:
        >>> gradient_of_matrix(tf.ones([2, 3]), tf.ones([3, 4])).shape  # (2, 4)
    """
    import tensorflow as tf

    if _factors_are_kept.get() and may_be_factored([left_AN.shape[0], right_NB.shape[1]]):
        return FactoredGradient(left_AN, right_NB)
    return tf.matmul(left_AN, right_NB)


class PackedGradient(NamedTuple):
    """The gradient of a large matrix, `left @ right`, or the matrix in place of `left`.

    Attributes:
        left: float[A, N] or float[A, B].
        right_NB: float[N, B].
        is_whole: bool scalar, whether `left` is the matrix. (It cannot be told by the shapes:
            TensorFlow's graph optimizer has beliefs about those of variables.)
    """

    left: Tensor
    right_NB: Tensor
    is_whole: Tensor

    def scaled(self, factor: Tensor) -> PackedGradient:
        """Return the gradient times a number."""
        return self._replace(left=self.left * factor)

    def matrix(self, shape: Sequence[int]) -> Tensor:
        """Return the gradient as float[A, B]; `shape` is that."""
        import tensorflow as tf

        def whole(left: Tensor, _: Tensor) -> list[Tensor]:
            return [left]

        def product(left: Tensor, right_NB: Tensor) -> list[Tensor]:
            return [tf.matmul(left, right_NB)]

        [matrix] = _choose(self.is_whole, whole, product, self.left, self.right_NB)
        return tf.ensure_shape(matrix, shape)


def may_be_factored(shape: Sequence[int]) -> bool:
    """Return whether the gradient of a variable of this shape may come as factors."""
    return len(shape) == 2 and math.prod(shape) >= LEAST_ELEMENTS


def pack(gradient: FactoredGradient) -> tuple[PackedGradient, Tensor]:
    """Multiply the factors unless their rows are few, and sum the squares of the product.

    The squares are summed from few rows' products with each other: |L R|² = sum(LᵀL * RRᵀ).

    Returns:
        The packed gradient, and half the sum of its squares, a scalar.
    """
    import tensorflow as tf

    def keep(left: Tensor, right: Tensor) -> list[Tensor]:
        grams = tf.matmul(left, left, transpose_a=True) * tf.matmul(right, right, transpose_b=True)
        return [left, 0.5 * tf.reduce_sum(grams)]

    def multiply(left: Tensor, right: Tensor) -> list[Tensor]:
        matrix = tf.matmul(left, right)
        return [matrix, tf.nn.l2_loss(matrix)]

    height, width = gradient.left_AN.shape[0], gradient.right_NB.shape[1]
    most_rows = height * width // (LEAST_SAVING * (height + width))
    are_many = tf.size(gradient.right_NB) > most_rows * width
    left, half_square = _choose(are_many, multiply, keep, gradient.left_AN, gradient.right_NB)
    return PackedGradient(left, gradient.right_NB, are_many), half_square


def _choose(
    condition: Tensor,
    if_true: Callable[..., Sequence[Tensor]],
    if_false: Callable[..., Sequence[Tensor]],
    *tensors: Tensor,
) -> list[Tensor]:
    """As `tf.cond`, without tracing a function for each branch: hundreds would take seconds.

    Each branch uses no tensors but those given to it.
    """
    import tensorflow as tf

    if tf.executing_eagerly():
        return list(if_true(*tensors) if condition else if_false(*tensors))
    switched = [tf.raw_ops.Switch(data=tensor, pred=condition) for tensor in tensors]
    results = zip(
        if_false(*(one.output_false for one in switched)),
        if_true(*(one.output_true for one in switched)),
        strict=True,
    )
    return [tf.raw_ops.Merge(inputs=either).output for either in results]
