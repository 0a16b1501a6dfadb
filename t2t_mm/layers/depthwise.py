"""Depthwise convolutions: every channel with its own kernel, over positions or over pictures.

Axis letters: B batch, L positions, H rows, W columns, D or C channels, K taps of a kernel.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from keras import ops

from t2t_mm.layers.forms import choose_form
from t2t_mm.layers.striding import Pair, subsample, surround

Tensor = Any

_convolve_channels = partial(ops.depthwise_conv, data_format="channels_last")  # whatever Keras's is


@choose_form
def convolve_depthwise(
    x_BLD: Tensor, kernel_KD: Tensor, dilation: int = 1, causal: bool = False
) -> Tensor:
    """Convolve every channel with its own kernel over positions; length is preserved.

    A dilated convolution is an ordinary one over rows of `dilation` neighbours: the sequence is
    folded to [B, L / dilation, dilation, D] and the kernel runs down the rows. On the CPU this
    is up to nine times faster than the native dilated operation, forward and backward.

    Args:
        x_BLD: float[B, L, D].
        kernel_KD: float[K, D]; K odd unless causal.
        dilation: Distance between taps in positions.
        causal: See positions t - (K - 1) * dilation to t only; otherwise as far to both sides.

    Returns:
        float[B, L, D].

    Example:
        >>> x = ops.reshape(ops.array([1.0, 2.0, 3.0]), (1, 3, 1))
        >>> convolve_depthwise(x, ops.ones((2, 1)), causal=True).numpy().ravel().tolist()
        [1.0, 3.0, 5.0]
    """
    taps, width = kernel_KD.shape
    padding = "valid" if causal else "same"
    above = (taps - 1) * dilation if causal else 0
    if dilation == 1:
        if causal:
            x_BLD = ops.pad(x_BLD, [[0, 0], [above, 0], [0, 0]])
        rows = ops.expand_dims(x_BLD, 2)
        kernel = ops.reshape(kernel_KD, (taps, 1, width, 1))
        return ops.squeeze(_convolve_channels(rows, kernel, padding=padding), 2)
    batch, length, _ = ops.shape(x_BLD)
    below = (-length) % dilation
    if not causal:
        kernel_KD, num_rows = _keep_taps_within_reach(kernel_KD, (length + below) // dilation)
        below = num_rows * dilation - length
    x_BLD = ops.pad(x_BLD, [[0, 0], [above, below], [0, 0]])
    rows = ops.reshape(x_BLD, (batch, -1, dilation, width))
    kernel = ops.reshape(kernel_KD, (-1, 1, width, 1))
    out = ops.reshape(_convolve_channels(rows, kernel, padding=padding), (batch, -1, width))
    # Slicing by brackets would have a far slower gradient.
    return ops.slice(out, (0, 0, 0), (batch, length, width))


def _keep_taps_within_reach(
    kernel_KD: Tensor, num_rows: Tensor | int
) -> tuple[Tensor, Tensor | int]:
    """Return the taps that reach another of so few rows, and how many rows to have for them.

    On the CPU the gradient of a kernel that is longer than its input takes 25 times as long.
    """
    taps, width = kernel_KD.shape
    smaller, larger = (min, max) if isinstance(num_rows, int) else (ops.minimum, ops.maximum)
    to_each_side = smaller(taps // 2, larger(num_rows - 1, 0))
    reaching = 2 * to_each_side + 1
    kernel = ops.slice(kernel_KD, (taps // 2 - to_each_side, 0), (reaching, width))
    return kernel, larger(num_rows, reaching)


@choose_form
def weigh_taps(taps_KBD: Tensor, kernel_KD: Tensor) -> Tensor:
    """Sum what the taps of a kernel see, each times its weight: one position of a convolution.

    Args:
        taps_KBD: float[K, B, D].
        kernel_KD: float[K, D].

    Returns:
        float[B, D].

    Example:
        >>> weigh_taps(ops.array([[[1.0]], [[2.0]]]), ops.array([[3.0], [4.0]])).numpy().tolist()
        [[11.0]]
    """
    return ops.sum(taps_KBD * ops.expand_dims(kernel_KD, 1), axis=0)


@choose_form
def convolve_depthwise_2d(x: Tensor, kernel: Tensor, strides: Pair = (1, 1)) -> Tensor:
    """Convolve every channel with its own kernel over rows and columns.

    Args:
        x: float[B, H, W, C], zero at padded positions.
        kernel: float[rows, columns, C], odd sizes.
        strides: Of rows and columns.

    Returns:
        float[B, ceil(H / stride), ceil(W / stride), C].

    Example:
        >>> convolve_depthwise_2d(ops.ones((2, 5, 8, 4)), ops.ones((3, 3, 4)), (2, 1)).shape
        TensorShape([2, 3, 8, 4])
    """
    kernel = ops.expand_dims(kernel, -1)
    if strides == (1, 1):
        return _convolve_channels(x, kernel, padding="same")
    x = surround(x, tuple(kernel.shape[:2]), 0.0)
    if strides[0] == strides[1]:
        return _convolve_channels(x, kernel, strides, padding="valid")
    # TensorFlow's kernel knows square strides only.
    return subsample(_convolve_channels(x, kernel, padding="valid"), strides)
