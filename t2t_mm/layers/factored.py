"""Gradients of large matrices as layers hand them on: their factors; TensorFlow only.

The gradient of a weight matrix is a product over rows. Where the rows are few, as many experts'
are, its factors are far fewer bytes, so whoever takes the gradient may do without the product.

Axis letters: A x B a weight matrix, N rows.
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any

Tensor = Any

LEAST_ELEMENTS = 2**19
"""Of a matrix whose gradient is kept as factors: to choose takes longer for smaller ones."""

_factors_are_kept = contextvars.ContextVar("factors_are_kept", default=False)


@dataclasses.dataclass(frozen=True)
class FactoredGradient:
    """The gradient `left @ right`. A tape hands it on as it is; operations read the product.

    Attributes:
        left: float[A, N].
        right: float[N, B].
    """

    left: Tensor
    right: Tensor

    @property
    def dtype(self) -> Any:
        """Of the product, as of both factors."""
        return self.left.dtype

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Tensor:
        import tensorflow as tf

        return tf.convert_to_tensor(tf.matmul(self.left, self.right), dtype, name=name)


@contextlib.contextmanager
def keep_factors() -> Iterator[None]:
    """Let layers within it hand on the factors of their large matrices' gradients.

    Only for losses that use each such matrix once: a tape cannot add factors.
    """
    token = _factors_are_kept.set(True)
    try:
        yield
    finally:
        _factors_are_kept.reset(token)


def make_matrix_gradient(left_AN: Tensor, right_NB: Tensor) -> Tensor | FactoredGradient:
    """Make the gradient that is the product of both.

    Args:
        left_AN: float[A, N].
        right_NB: float[N, B].

    Returns:
        The product, float[A, B]; or both factors if it is large and within `keep_factors`.

    Example:
        >>> import tensorflow as tf
        >>> make_matrix_gradient(tf.ones([2, 3]), tf.ones([3, 4])).shape
        TensorShape([2, 4])
        >>> with keep_factors():
        ...     kept = make_matrix_gradient(tf.ones([1024, 3]), tf.ones([3, 512]))
        >>> kept.left.shape, kept.right.shape
        (TensorShape([1024, 3]), TensorShape([3, 512]))
    """
    import tensorflow as tf

    if _factors_are_kept.get() and may_be_factored([left_AN.shape[0], right_NB.shape[1]]):
        return FactoredGradient(left_AN, right_NB)
    return tf.matmul(left_AN, right_NB)


def may_be_factored(shape: Sequence[int]) -> bool:
    """Return whether the gradient of a variable of this shape may come as factors.

    Example:
        >>> may_be_factored([1024, 512]), may_be_factored([1024, 511]), may_be_factored([2**19])
        (True, False, False)
    """
    return len(shape) == 2 and math.prod(shape) >= LEAST_ELEMENTS
