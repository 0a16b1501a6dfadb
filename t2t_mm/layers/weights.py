"""Weights as tensors, for gradients that are written out."""

from collections.abc import Sequence
from typing import Any

from keras import ops

Tensor = Any


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
