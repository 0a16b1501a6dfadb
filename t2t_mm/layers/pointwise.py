"""The pointwise convolution: every position's channels mixed by one matrix."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from t2t_mm.layers.products import project

Tensor = Any


class Pointwise(keras.layers.Layer):
    """A 1x1 convolution without bias: one matrix product over all positions of the batch.

    Args:
        width: Number of output channels.

    Example:
        >>> Pointwise(6)(ops.ones((2, 5, 8))).shape
        TensorShape([2, 5, 6])

    Chosen: Glorot uniform; a layer norm follows nearly everywhere, so the scale hardly matters.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def build(self, input_shape: Any) -> None:
        """Create the matrix for inputs of this shape, (..., D)."""
        shape = (input_shape[-1], self.width)
        self.kernel = self.add_weight(shape, "glorot_uniform", name="kernel")

    def call(self, x: Tensor) -> Tensor:
        """Turn float[..., D] into float[..., width]."""
        if len(x.shape) == 2:
            return project(x, self.kernel)
        flat = project(ops.reshape(x, (-1, x.shape[-1])), self.kernel)
        return ops.reshape(flat, (*ops.shape(x)[:-1], self.width))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {"width": self.width}
