"""Layer normalization over the channels of each position.

Source: arXiv:1706.05137, section 2.1; Ba et al. 2016, arXiv:1607.06450.
"""

from typing import Any

import keras
from keras import ops

Tensor = Any

EPSILON = 1e-6


class LayerNorm(keras.layers.Layer):
    """Zero mean and unit population variance per position, then a learned gain and shift.

    Statistics are taken in float32 whatever the compute dtype.

    Args:
        gain_per_channel: one gain and one shift per channel; False learns a single scalar
            gain and shift, as the paper writes it.

    Example:
        >>> LayerNorm()(keras.ops.ones((2, 5, 8)))  # zeros: every channel equals the mean

    Chosen: per channel, as Tensor2Tensor has it and as is usual; gain 1 and shift 0 at first.
    """

    def __init__(self, gain_per_channel: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gain_per_channel = gain_per_channel

    def build(self, input_shape: Any) -> None:
        shape = (input_shape[-1],) if self.gain_per_channel else ()
        self.gain = self.add_weight(shape, "ones", name="gain", autocast=False)
        self.shift = self.add_weight(shape, "zeros", name="shift", autocast=False)

    def call(self, x: Tensor) -> Tensor:
        """Args: x: float[..., D]. Returns: float[..., D]."""
        x = ops.cast(x, "float32")
        centred = x - ops.mean(x, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        normal = centred * ops.rsqrt(variance + EPSILON)
        return ops.cast(normal * self.gain + self.shift, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {"gain_per_channel": self.gain_per_channel}
