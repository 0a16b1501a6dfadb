"""Rows for the slots of each expert, as many for every expert: what one batched product takes.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
S = N * K slots, C capacity.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

from t2t_mm.layers.dispatch.slots import Rows, Slots, gather_by_position

Tensor = Any


class Seats(NamedTuple):
    """Where each slot sits among the E times C rows; later slots of an expert may have no seat.

    Attributes:
        rows: [E, C] of them.
        rows_of_slots: int32[N, K], the row of each slot, counted through; any if it has none.
        is_seated: bool[N, K], False where the slot has none, or is padded.
    """

    rows: Rows
    rows_of_slots: Tensor
    is_seated: Tensor

    def gather_by_position(self, rows_ECD: Tensor) -> list[Tensor]:
        """Gather the rows of each position's slots, zero where a slot has none.

        Returns:
            K times float[N, D].
        """
        rows_RD = ops.reshape(rows_ECD, (-1, rows_ECD.shape[-1]))
        parts = gather_by_position(rows_RD, self.rows_of_slots)
        return [ops.where(self.is_seated[:, k, None], part, 0) for k, part in enumerate(parts)]


def seat_slots(slots: Slots, experts_NK: Tensor, capacity: int | Tensor) -> Seats:
    """Give each expert's first `capacity` slots a row.

    Args:
        slots: Sorted from `experts_NK`.
        experts_NK: int32[N, K]; E where the position is padded.
        capacity: C.
    """
    num_experts = slots.starts.shape[0] - 1
    places_EC = slots.starts[:-1, None] + ops.arange(capacity, dtype="int32")
    rows = slots.fill_rows(places_EC, slots.starts[1:, None])
    ranks_NK = slots.places - ops.take(slots.starts, experts_NK, axis=0)
    seated_NK = ops.logical_and(experts_NK < num_experts, ranks_NK < capacity)
    index_NK = ops.where(seated_NK, experts_NK * capacity + ranks_NK, 0)
    return Seats(rows, index_NK, seated_NK)


def compute_capacity(num_slots: int | Tensor, num_experts: int, factor: float) -> int | Tensor:
    """Compute C: an equal share of the slots times a factor, to three decimals, rounded up.

    Beyond the E of E experts a factor adds nothing: every slot has a row.

    Example:
        >>> compute_capacity(num_slots=64, num_experts=8, factor=1.25)
        10
    """
    thousandths = round(min(factor, num_experts) * 1000)
    if isinstance(num_slots, int):
        return -(-num_slots * thousandths // (1000 * num_experts))
    # In a TensorFlow graph, where the product may be more than int32 holds.
    capacity = -(-ops.cast(num_slots, "int64") * thousandths // (1000 * num_experts))
    return ops.cast(capacity, "int32")
