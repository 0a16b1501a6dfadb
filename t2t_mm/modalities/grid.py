"""Positions in two dimensions, and the sequence that the body sees of them.

A picture's positions stand row by row, without gaps: those of a picture in a batch of larger ones
are the same as if it were alone, with padding only at the end.

Axis letters: B batch, R rows, C columns, L = R * C positions, D channels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

from t2t_mm.layers.masking import zero_padding
from t2t_mm.layers.striding import mark_areas

Tensor = Any


class Grid(NamedTuple):
    """How a batch of sequences lies in two dimensions.

    Attributes:
        rows: R of the padded batch, an int or a scalar tensor.
        columns: C of the padded batch.
        sizes: int[B, 2], real rows and columns of each picture; None: all are R x C.
    """

    rows: Any
    columns: Any
    sizes: Tensor | None = None


def to_sequence(x_BRCD: Tensor, sizes: Tensor | None) -> tuple[Tensor, Tensor]:
    """Put the real positions of each picture one after another, row by row.

    Args:
        x_BRCD: float[B, R, C, D].
        sizes: int[B, 2], real rows and columns; None: all are real.

    Returns:
        float[B, R * C, D], zero after the last real position, and its mask bool[B, R * C].

    Example:
        >>> x = ops.reshape(ops.arange(6), (1, 2, 3, 1))
        >>> sequence, mask = to_sequence(x, ops.array([[2, 2]]))
        >>> sequence.numpy().ravel().tolist()
        [0, 1, 3, 4, 0, 0]
    """
    batch, rows, columns = ops.shape(x_BRCD)[:3]
    x = ops.reshape(x_BRCD, (batch, rows * columns, x_BRCD.shape[-1]))
    if sizes is None:
        return x, ops.ones((batch, rows * columns), "bool")
    sizes = ops.cast(sizes, "int32")
    place = ops.arange(rows * columns, dtype="int32")[None]
    mask = place < sizes[:, :1] * sizes[:, 1:]
    own_columns = ops.maximum(sizes[:, 1:], 1)
    source = place // own_columns * columns + place % own_columns
    x = _take(x, ops.where(mask, source, 0))
    return zero_padding(x, mask), mask


def to_grid(x_BLD: Tensor, mask_BL: Tensor | None, grid: Grid) -> tuple[Tensor, Tensor | None]:
    """Put the positions of each picture back where they lie; undoes `to_sequence`.

    Args:
        x_BLD: float[B, R * C, D].
        mask_BL: bool[B, R * C].
        grid: Of the batch.

    Returns:
        float[B, R, C, D], and its mask bool[B, R, C] or None.

    Example:
        >>> x = ops.reshape(ops.array([0, 1, 3, 4, 0, 0]), (1, 6, 1))
        >>> picture, mask = to_grid(x, None, Grid(2, 3, sizes=ops.array([[2, 2]])))
        >>> picture[0, :, :, 0].numpy().tolist()
        [[0, 1, 0], [3, 4, 0]]
    """
    batch, width = ops.shape(x_BLD)[0], x_BLD.shape[-1]
    shape = (batch, grid.rows, grid.columns)
    if grid.sizes is None:
        mask = None if mask_BL is None else ops.reshape(mask_BL, shape)
        return ops.reshape(x_BLD, (*shape, width)), mask
    sizes = ops.cast(grid.sizes, "int32")
    mask = mark_areas(sizes, grid.rows, grid.columns)
    row = ops.arange(grid.rows, dtype="int32")[None, :, None]
    column = ops.arange(grid.columns, dtype="int32")[None, None, :]
    source = ops.where(mask, row * sizes[:, 1:, None] + column, 0)
    x = _take(x_BLD, ops.reshape(source, (batch, grid.rows * grid.columns)))
    return zero_padding(ops.reshape(x, (*shape, width)), mask), mask


def _take(x_BLD: Tensor, source_BL: Tensor) -> Tensor:
    """Take x[b, source[b, l]] for all b and l, as one gather of rows."""
    batch, length = ops.shape(x_BLD)[:2]
    width = x_BLD.shape[-1]
    first = ops.arange(batch, dtype="int32")[:, None] * length
    rows = ops.take(ops.reshape(x_BLD, (-1, width)), first + source_BL, axis=0)
    return ops.reshape(rows, (batch, length, width))
