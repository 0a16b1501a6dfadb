"""The slots of a batch in the order of their experts; static shapes, any backend.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
S = N * K slots (one for each pair of a position and an expert chosen for it), R rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

Tensor = Any


class Rows(NamedTuple):
    """Slots side by side, as one matmul takes them; rows may be empty.

    Attributes:
        slots: int32[..., R], the slot (position * K + k) in each row; any where it is empty.
        positions: int32[..., R], the slot's position.
        filled: bool[..., R], False where the row is empty.
    """

    slots: Tensor
    positions: Tensor
    filled: Tensor

    def take(self, x_ND: Tensor) -> Tensor:
        """Return the positions' vectors, float[..., R, D]; zero in empty rows."""
        return ops.where(self.filled[..., None], ops.take(x_ND, self.positions, axis=0), 0)

    def take_weighted(self, x_ND: Tensor, gates_NK: Tensor) -> Tensor:
        """Return the vectors times the slots' gates, float[..., R, D]; zero in empty rows."""
        gates = ops.take(ops.reshape(gates_NK, (-1,)), self.slots, axis=0)
        return self.take(x_ND) * gates[..., None]


class Slots(NamedTuple):
    """The slots sorted by expert, those of padded positions last; within an expert by position.

    Attributes:
        order: int32[S], the slot (position * K + k) at each place.
        places: int32[N, K], the place of each slot.
        starts: int32[E + 1], where each expert's slots start, and where the last one's end.
    """

    order: Tensor
    places: Tensor
    starts: Tensor

    @property
    def number(self) -> int | Tensor:
        """S; a tensor in a TensorFlow graph that does not know it."""
        return ops.shape(self.order)[0]

    def fill_rows(self, places: Tensor, end: Tensor) -> Rows:
        """Return the slots at `places`, int32[..., R]; rows at `end` and later are empty."""
        slots = ops.take(self.order, ops.minimum(places, self.number - 1), axis=0)
        return Rows(slots, slots // self.places.shape[1], places < end)


def sort_slots(experts_NK: Tensor, num_experts: int) -> Slots:
    """Sort the slots of a batch.

    Args:
        experts_NK: int32[N, K]; E where the position is padded, see `send_padding_nowhere`.
        num_experts: E.

    Example:
        >>> slots = sort_slots(ops.array([[1], [0], [1]]), num_experts=2)
        >>> slots.order.numpy().tolist(), slots.starts.numpy().tolist()
        ([1, 0, 2], [0, 1, 3])
    """
    experts_S = ops.reshape(experts_NK, (-1,))
    num_slots = ops.shape(experts_S)[0]
    # No two keys are equal: no backend's sort can then put them in an order of its own.
    keys_S = ops.sort(experts_S * num_slots + ops.arange(num_slots, dtype="int32"))
    order_S = keys_S % num_slots
    index_S = ops.arange(num_slots, dtype="int32")
    places_S = ops.scatter(order_S[:, None], index_S, ops.shape(experts_S))
    # Comparisons with all: a search is one step after the other, on a GPU the slowest part.
    first_keys = ops.arange(num_experts + 1, dtype="int32") * num_slots
    starts = ops.sum(ops.cast(keys_S[:, None] < first_keys, "int32"), axis=0)
    return Slots(order_S, ops.reshape(places_S, ops.shape(experts_NK)), starts)


def send_padding_nowhere(experts_NK: Tensor, num_experts: int, mask_N: Tensor | None) -> Tensor:
    """Give padded positions an expert that is not there, number E.

    Args:
        experts_NK: int32[N, K].
        num_experts: E.
        mask_N: bool[N], False where padded; None: nothing is.

    Returns:
        int32[N, K].

    Example:
        >>> experts = ops.array([[1, 0], [2, 1]])
        >>> send_padding_nowhere(experts, 3, ops.array([True, False])).numpy().tolist()
        [[1, 0], [3, 3]]
    """
    if mask_N is None:
        return experts_NK
    return ops.where(mask_N[:, None], experts_NK, num_experts)


def gather_by_position(rows_RD: Tensor, index_NK: Tensor) -> list[Tensor]:
    """Gather the rows of each position's first slot, second slot and so on.

    Args:
        rows_RD: float[R, D].
        index_NK: int32[N, K], the row of each slot.

    Returns:
        K times float[N, D].

    Example:
        >>> rows = ops.array([[5.0], [6.0], [7.0]])
        >>> first, second = gather_by_position(rows, ops.array([[2, 0], [1, 1]]))
        >>> first.numpy().tolist(), second.numpy().tolist()
        ([[7.0], [6.0]], [[5.0], [6.0]])
    """
    return [ops.take(rows_RD, index_NK[:, k], axis=0) for k in range(index_NK.shape[1])]
