"""The timing signal: sines and cosines that tell a position-blind layer where it is.

Source: arXiv:1706.05137, section 2.2.
"""

import math
from typing import Any

from keras import ops

Tensor = Any

LONGEST_WAVELENGTH = 10_000.0


def make_timing_signal(
    length: Tensor | int, width: int, start: Tensor | int = 0, dtype: str = "float32"
) -> Tensor:
    """Make sines and cosines of each position at `width / 2` geometric frequencies, interleaved.

    Channel 2i holds sin(t * 10000^(-2i / width)), channel 2i + 1 the cosine of the same.

    Args:
        length: Number of positions L.
        width: Number of channels D, even.
        start: Index of the first position, for decoding step by step.
        dtype: Of the result; the angles are always computed in float32.

    Returns:
        float[L, D].

    Raises:
        ValueError: If `width` is odd.

    Example:
        >>> print(make_timing_signal(2, 4).numpy().round(2))
        [[0.   1.   0.   1.  ]
         [0.84 0.54 0.01 1.  ]]

    Chosen: all channels, pairs interleaved, as the paper's formula reads (Tensor2Tensor's
    first commit used 32 channels, sines before cosines).
    """
    if width % 2:
        raise ValueError(f"The timing signal needs an even width. Received: width={width}.")
    step = -math.log(LONGEST_WAVELENGTH) * 2.0 / width
    frequencies = ops.exp(ops.arange(width // 2, dtype="float32") * step)
    times = ops.cast(ops.arange(length) + start, "float32")
    angles = times[:, None] * frequencies[None, :]
    pairs = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)
    return ops.cast(ops.reshape(pairs, (-1, width)), dtype)


def add_timing(x: Tensor, start: Tensor | int = 0) -> Tensor:
    """Add the timing signal to every sequence of a batch.

    Args:
        x: float[B, L, D].
        start: Index of the first position.

    Returns:
        float[B, L, D].

    Example:
        >>> add_timing(ops.zeros((1, 1, 4))).numpy().tolist()
        [[[0.0, 1.0, 0.0, 1.0]]]
    """
    signal = make_timing_signal(ops.shape(x)[1], x.shape[-1], start, x.dtype)
    return x + signal[None]
