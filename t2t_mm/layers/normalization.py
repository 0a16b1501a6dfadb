"""Layer normalization over the channels of each position.

Source: arXiv:1706.05137, section 2.1; Ba et al. 2016, arXiv:1607.06450.
"""

from typing import Any

import keras
from keras import ops

from t2t_mm.layers.forms import choose_form
from t2t_mm.layers.gradients import attach_gradient
from t2t_mm.layers.weights import read_weights

Tensor = Any

EPSILON = 1e-6


@choose_form
def normalize(x: Tensor, gain: Tensor, shift: Tensor, epsilon: float) -> Tensor:
    """Normalize each row, with a gradient written out: half the operations of the derived one.

    Args:
        x: float[N, D].
        gain: float32[D].
        shift: float32[D].
        epsilon: Added to the variance.

    Returns:
        As x; computed in float32.

    Example:
        >>> gain, shift = ops.array([2.0, 2.0]), ops.array([1.0, 1.0])
        >>> normalize(ops.array([[5.0, 9.0]]), gain, shift, 1e-6).numpy().round(3).tolist()
        [[-1.0, 3.0]]
    """

    @attach_gradient
    def run(x: Tensor, gain: Tensor, shift: Tensor) -> Any:
        rows = ops.cast(x, "float32")
        mean = ops.mean(rows, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(rows - mean), axis=-1, keepdims=True)
        scale = ops.rsqrt(variance + epsilon)

        def gradient(upstream: Tensor) -> tuple[Tensor, ...]:
            # Computed again from x, half of its bytes: XLA makes one pass of all this.
            normal = (ops.cast(x, "float32") - mean) * scale
            upstream = ops.cast(upstream, "float32")
            inner = upstream * gain
            along = ops.mean(inner * normal, axis=-1, keepdims=True)
            d_x = scale * (inner - ops.mean(inner, axis=-1, keepdims=True) - normal * along)
            d_gain, d_shift = ops.sum(upstream * normal, axis=0), ops.sum(upstream, axis=0)
            return ops.cast(d_x, x.dtype), d_gain, d_shift

        return ops.cast((rows - mean) * scale * gain + shift, x.dtype), gradient

    return run(x, gain, shift)


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
        rows = x if len(x.shape) == 2 else ops.reshape(x, (-1, x.shape[-1]))
        gain, shift = read_weights([self.gain, self.shift])
        if not self.gain_per_channel:
            gain, shift = (ops.broadcast_to(one, (x.shape[-1],)) for one in (gain, shift))
        out = ops.cast(normalize(rows, gain, shift, EPSILON), self.compute_dtype)
        return out if len(x.shape) == 2 else ops.reshape(out, ops.shape(x))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {"gain_per_channel": self.gain_per_channel}
