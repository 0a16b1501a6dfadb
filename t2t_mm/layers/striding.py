"""Strides over pictures and spectrograms: sizes, masks and pooling.

Where output position i lies is the same whatever the size of the padded batch: it is centred on
input position i * stride. (TensorFlow's own "same" shifts by one with the parity of the size, so
that padding would change what a picture looks like.) A strided axis of n has ceil(n / stride).

Axis letters: B batch, H rows (or time), W columns (or frequency), C channels.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from t2t_mm.layers.masking import BLOCKED

Tensor = Any
Pair = tuple[int, int]


def subsample_size(size: Any, stride: int) -> Any:
    """Return ceil(size / stride), of an int or an int tensor.

    Example:
        >>> subsample_size(5, 2)
        3
    """
    return -(-size // stride)


def subsample_mask(mask: Tensor | None, strides: Pair) -> Tensor | None:
    """Return the mask after a stride: a position is real if its centre is.

    Real positions come first, so a position is real just if any real one falls into it: of n,
    ceil(n / stride) are left.

    Args:
        mask: bool[B, H, W], or with an axis of 1 where all along it are alike; None stays None.
        strides: Of rows and columns.
    """
    return None if mask is None else mask[:, :: strides[0], :: strides[1]]


def mark_areas(sizes: Tensor, height: Any, width: Any) -> Tensor:
    """Mark the upper left rectangle of each picture.

    Args:
        sizes: int[B, 2], real rows and columns.
        height: Rows of the padded batch.
        width: Columns of the padded batch.

    Returns:
        bool[B, height, width].

    Example:
        >>> mark_areas([[1, 2]], 2, 3).numpy().tolist()
        [[[True, True, False], [False, False, False]]]
    """
    sizes = ops.convert_to_tensor(sizes)
    rows = ops.arange(height, dtype=sizes.dtype)[None, :, None] < sizes[:, :1, None]
    columns = ops.arange(width, dtype=sizes.dtype)[None, None, :] < sizes[:, 1:, None]
    return ops.logical_and(rows, columns)


def max_pool(x: Tensor, mask: Tensor | None, window: Pair, strides: Pair) -> Tensor:
    """Return the largest of each channel in each window; padding is never the largest.

    Args:
        x: float[B, H, W, C].
        mask: bool[B, H, W]; None: all positions are real.
        window: Odd sizes.
        strides: Of rows and columns.

    Returns:
        float[B, ceil(H / stride), ceil(W / stride), C]; a very low number where the window has
        nothing real.

    Example:
        >>> x = ops.reshape(ops.array([1.0, 4.0, 2.0, 9.0]), (1, 4, 1, 1))
        >>> mask = ops.reshape(ops.array([True, True, True, False]), (1, 4, 1))
        >>> max_pool(x, mask, (3, 1), (2, 1)).numpy().ravel().tolist()
        [4.0, 4.0]
    """
    if mask is not None:
        # Added, not put in its place: the gradient is handed on as it is.
        x = x + ops.expand_dims(ops.cast(ops.logical_not(mask), x.dtype), -1) * BLOCKED
    x = surround(x, window, BLOCKED)
    return ops.max_pool(x, window, strides, "valid", data_format="channels_last")


def subsample(x: Tensor, strides: Pair) -> Tensor:
    """Return every stride-th row and column, from the first.

    Folding and slicing has a gradient several times faster than slicing by brackets.

    Args:
        x: float[B, H, W, C].
        strides: Of rows and columns.

    Returns:
        float[B, ceil(H / stride), ceil(W / stride), C].

    Example:
        >>> x = ops.reshape(ops.arange(5), (1, 5, 1, 1))
        >>> subsample(x, (2, 1)).numpy().ravel().tolist()
        [0, 2, 4]
    """
    if strides == (1, 1):
        return x
    batch, height, width = ops.shape(x)[:3]
    channels = x.shape[-1]
    missing = [[0, -height % strides[0]], [0, -width % strides[1]]]
    x = ops.pad(x, [[0, 0], *missing, [0, 0]])
    rows, columns = subsample_size(height, strides[0]), subsample_size(width, strides[1])
    x = ops.reshape(x, (batch, rows, strides[0], columns, strides[1] * channels))
    x = ops.slice(x, (0, 0, 0, 0, 0), (batch, rows, 1, columns, channels))
    return ops.reshape(x, (batch, rows, columns, channels))


def surround(x: Tensor, window: Pair, value: float) -> Tensor:
    """Add the margin with which "valid" windows are centred on the positions of `x`.

    Args:
        x: float[B, H, W, C].
        window: Odd sizes.
        value: What stands in the margin.

    Returns:
        float[B, H + 2 * (rows // 2), W + 2 * (columns // 2), C].

    Example:
        >>> surround(ops.ones((2, 5, 8, 4)), (3, 1), 0.0).shape
        TensorShape([2, 7, 8, 4])
    """
    rows, columns = window[0] // 2, window[1] // 2
    return ops.pad(x, [[0, 0], [rows, rows], [columns, columns], [0, 0]], constant_values=value)
