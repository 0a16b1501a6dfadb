"""Layer normalization over the channels of each position.

Source: arXiv:1706.05137, section 2.1; Ba et al. 2016, arXiv:1607.06450.
"""

from typing import Any

import keras
from keras import ops

from t2t_mm.layers.gradients import attach_gradient
from t2t_mm.layers.weights import read_weights

Tensor = Any

EPSILON = 1e-6


@attach_gradient
def normalize(x: Tensor, gain: Tensor, shift: Tensor) -> Any:
    """Normalize each row, with a gradient written out: half the operations of the derived one.

    Args:
        x: float32[N, D].
        gain: float32[D] or scalar.
        shift: Like `gain`.

    Returns:
        float32[N, D].

    Example:
        >>> gain, shift = ops.array(2.0), ops.array(1.0)
        >>> normalize(ops.array([[5.0, 9.0]]), gain, shift).numpy().round(3).tolist()
        [[-1.0, 3.0]]
    """
    centred = x - ops.mean(x, axis=-1, keepdims=True)
    scale = ops.rsqrt(ops.mean(ops.square(centred), axis=-1, keepdims=True) + EPSILON)
    normal = centred * scale

    def gradient(upstream: Tensor) -> tuple[Tensor, ...]:
        product = upstream * normal
        # Products with a column or a row add up: fewer operations than means of products, and on
        # the CPU several times as fast as a sum over rows.
        width = x.shape[-1]
        gain_D1 = ops.broadcast_to(gain, (width,))[:, None] / width
        mean, along = ops.matmul(upstream, gain_D1), ops.matmul(product, gain_D1)
        d_x = scale * (upstream * gain - mean - normal * along)
        ones = ops.reshape(ops.ones_like(scale), (1, -1))
        d_gain, d_shift = ops.matmul(ones, product), ops.matmul(ones, upstream)
        return d_x, _reduce_like(gain, d_gain), _reduce_like(shift, d_shift)

    return normal * gain + shift, gradient


def _reduce_like(parameter: Tensor, columns: Tensor) -> Tensor:
    """Return the gradient of a gain or shift from that of every channel, float32[1, D]."""
    return ops.reshape(columns, (-1,)) if len(parameter.shape) else ops.sum(columns)


class LayerNorm(keras.layers.Layer):
    """Zero mean and unit population variance per position, then a learned gain and shift.

    Statistics are taken in float32 whatever the compute dtype.

    Args:
        gain_per_channel: One gain and one shift per channel; False learns a single scalar
            gain and shift, as the paper writes it.

    Example:
        >>> LayerNorm()(ops.array([[1.0, 3.0]])).numpy().round(3).tolist()
        [[-1.0, 1.0]]

    Chosen: per channel, as Tensor2Tensor has it and as is usual; gain 1 and shift 0 at first.
    """

    def __init__(self, gain_per_channel: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gain_per_channel = gain_per_channel

    def build(self, input_shape: Any) -> None:
        """Create gain and shift for inputs of this shape, (..., D)."""
        shape = (input_shape[-1],) if self.gain_per_channel else ()
        self.gain = self.add_weight(shape, "ones", name="gain", autocast=False)
        self.shift = self.add_weight(shape, "zeros", name="shift", autocast=False)

    def call(self, x: Tensor) -> Tensor:
        """Normalize float[..., D] over its last axis."""
        rows = ops.cast(x, "float32")
        if len(x.shape) != 2:
            rows = ops.reshape(rows, (-1, x.shape[-1]))
        gain, shift = read_weights([self.gain, self.shift])
        out = ops.cast(normalize(rows, gain, shift), self.compute_dtype)
        return out if len(x.shape) == 2 else ops.reshape(out, ops.shape(x))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {"gain_per_channel": self.gain_per_channel}
