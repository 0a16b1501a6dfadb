"""Weights as tensors, for gradients that are written out."""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from t2t_mm.layers.forms import choose_form

Tensor = Any
Matrices = Any
"""One for each expert: a list of float[F, D], or one tensor, float[E, F, D]."""


def read_weights(weights: Sequence[Tensor]) -> list[Tensor]:
    """Read variables: a gradient written out is of tensors only.

    Keras's `convert_to_tensor` leaves a variable of TensorFlow as it is; reshaping reads it.

    Args:
        weights: Variables or tensors.

    Returns:
        A tensor of the same shape for each.

    Example:
        >>> import keras
        >>> [gain] = read_weights([keras.Variable(ops.ones(3))])
        >>> type(gain).__name__
        'EagerTensor'
    """
    return [ops.reshape(weight, weight.shape) for weight in weights]


@choose_form
def compute_before_loop(compute: Callable[[], Tensor]) -> Tensor | None:
    """Compute what every round of a loop needs before the loop, where its body is being traced.

    Args:
        compute: Reads variables, and nothing of the loop.

    Returns:
        What it computes; None outside of a loop, and on JAX, where it would be computed each time.

    Example:
        >>> compute_before_loop(lambda: ops.ones(())) is None
        True
    """
    return None


def stack_weights(*matrices: Matrices) -> list[Tensor]:
    """Read the matrices of all experts as one tensor, float[E, F, D], for each that is given.

    Example:
        >>> [w_in] = stack_weights([ops.ones((3, 2))] * 4)
        >>> w_in.shape
        TensorShape([4, 3, 2])
    """
    return read_weights([ops.stack(m) if isinstance(m, list | tuple) else m for m in matrices])
