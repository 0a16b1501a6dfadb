"""Lineages: whose entries of a cache each row continues, where hypotheses lie side by side.

The K hypotheses of an input, as a beam's, share its keys and values, and each writes a row of its
own into the rings of convolutions. Where one goes on in another's row, nothing is moved: the
lineage of that row says which hypothesis wrote what it reads of each position. A row's caches have
hundreds of positions, so to move them takes about as long as all else of a step.

Axis letters: B inputs, K hypotheses, N = B * K rows, R places in a ring, T room for positions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

from t2t_mm.layers.caching import read_places
from t2t_mm.layers.masking import BLOCKED

Tensor = Any


class Lineage(NamedTuple):
    """What each row continues at a position; see `trace_lineage`.

    Attributes:
        rows: int32[T, N], which row was at each position what row n is now.
        bias: float32[B, 1, K, T * K], `BLOCKED` for keys that others wrote and later ones, else 0;
            what hypothesis k wrote at position t is at the place t * K + k.
        num_hypotheses: K.
    """

    rows: Tensor
    bias: Tensor
    num_hypotheses: int

    def read(self, ring: Tensor, places: Tensor, positions: Tensor) -> Tensor:
        """Gather what each row continues from a ring.

        Args:
            ring: float[R, N, C].
            places: int[P], each in [0, R).
            positions: int[P], which positions are there; before the first all rows are alike.

        Returns:
            float[P, N, C].

        Example:
            >>> lineage = trace_lineage(ops.array([[1, 0]]), 1, num_hypotheses=2)
            >>> ring = ops.array([[[5.0], [6.0]]])
            >>> lineage.read(ring, ops.array([0]), ops.array([0])).numpy().tolist()
            [[[6.0], [5.0]]]
        """
        rows = read_places(self.rows, ops.maximum(positions, 0))
        flat = ops.reshape(ring, (-1, ring.shape[-1]))
        return read_places(flat, places[:, None] * ops.shape(ring)[1] + rows)


def trace_lineage(writers: Tensor, position: Tensor | int, num_hypotheses: int) -> Lineage:
    """Make the lineage of the rows at a position, which each writes itself.

    Args:
        writers: int32[T, N], which of its input's hypotheses, 0 to K - 1, was at each position
            before this one what row n is now; the rest is not read.
        position: int scalar.
        num_hypotheses: K.

    Example:
        >>> lineage = trace_lineage(ops.array([[1, 0], [0, 0]]), 1, num_hypotheses=2)
        >>> lineage.rows.numpy().tolist()
        [[1, 0], [0, 1]]
        >>> ops.equal(lineage.bias, 0).numpy().astype(int).tolist()
        [[[[0, 1, 1, 0], [1, 0, 0, 1]]]]
    """
    writers = add_themselves(writers, position, num_hypotheses)
    times, rows = (ops.arange(size, dtype="int32") for size in ops.shape(writers))
    hypotheses = ops.arange(num_hypotheses, dtype="int32")
    is_read_NTK = ops.logical_and(
        ops.equal(ops.transpose(writers)[..., None], hypotheses), (times <= position)[:, None]
    )
    places = ops.shape(writers)[0] * num_hypotheses
    bias = ops.reshape(ops.where(is_read_NTK, 0.0, BLOCKED), (-1, 1, num_hypotheses, places))
    return Lineage(writers + rows // num_hypotheses * num_hypotheses, bias, num_hypotheses)


def add_themselves(writers: Tensor, position: Tensor | int, num_hypotheses: int) -> Tensor:
    """Return who wrote what up to a position, each row itself there.

    Args:
        writers: See `trace_lineage`.
        position: int scalar.
        num_hypotheses: K.

    Returns:
        int32[T, N]; the rest is not to be read.

    Example:
        >>> add_themselves(ops.array([[1, 0], [0, 0]]), 1, num_hypotheses=2).numpy().tolist()
        [[1, 0], [0, 1]]
    """
    times, rows = (ops.arange(size, dtype="int32") for size in ops.shape(writers))
    return ops.where((times < position)[:, None], writers, rows % num_hypotheses)
