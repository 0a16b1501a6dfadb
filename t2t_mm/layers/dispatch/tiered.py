"""The chosen experts in one batched product with room for most, and a loop for the rest; for GPUs.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
F expert width, S = N * K slots, C seats of each expert.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

from t2t_mm.layers.dispatch.feed_forward import back_propagate, feed_forward
from t2t_mm.layers.dispatch.seats import compute_capacity, seat_slots
from t2t_mm.layers.dispatch.slots import Rows, Slots, send_padding_nowhere, sort_slots
from t2t_mm.layers.gradients import attach_gradient
from t2t_mm.layers.weights import Matrices, stack_weights

Tensor = Any

ROOM = 1.25
"""Seats of each expert, as a multiple of an equal share of the slots."""
MULTIPLE = 8
"""Of which the seats are a multiple: the unit of matrix products in half precision."""
GROUPS = 8
"""About a part in so many of all experts is in one step of the second tier."""


def run_tiered(
    x_ND: Tensor,
    experts_NK: Tensor,
    gates_NK: Tensor,
    w_in: Matrices,
    w_out: Matrices,
    mask_N: Tensor | None = None,
) -> Tensor:
    """Multiply each expert's first C slots at once, then what is beyond them block by block.

    Shapes are static and nothing is dropped: the first tier is one batched product of all experts,
    whatever the gate says. In the second the experts that have the most besides come first, and a
    step runs up to C slots for each of some. The gradient is written out: dispatch and combine are
    each other's transpose, so that the first tier only gathers, both ways.

    Args:
        x_ND: float[N, D].
        experts_NK: int32[N, K].
        gates_NK: float[N, K].
        w_in: E times float[F, D].
        w_out: E times float[F, D].
        mask_N: bool[N], False where padded.

    Returns:
        float[N, D].

    Example:
        >>> x, experts, gates = ops.ones((1, 2)), ops.array([[1]]), ops.array([[0.5]])
        >>> w_in, w_out = [ops.zeros((3, 2)), ops.ones((3, 2))], [ops.ones((3, 2))] * 2
        >>> run_tiered(x, experts, gates, w_in, w_out).numpy().tolist()  # 0.5 * 3 * (1 + 1)
        [[3.0, 3.0]]

    Source: the first tier, Lepikhin et al. 2020, arXiv:2006.16668 (GShard), who drop the rest.
    """
    weights = stack_weights(w_in, w_out)
    num_experts = weights[0].shape[0]

    # The experts go in as an argument: JAX lets no gradient flow to what is closed over.
    @attach_gradient
    def run(x: Tensor, gates: Tensor, experts: Tensor, *weights: Tensor) -> Any:
        slots = sort_slots(experts, num_experts)
        capacity = _choose_capacity(slots.number, num_experts)
        seats = seat_slots(slots, experts, capacity)
        standing = _Standing.find(slots, capacity)
        x_ECD = seats.rows.take(x)
        hidden_ECF, out_ECD = feed_forward(x_ECD, *weights)
        parts = seats.gather_by_position(out_ECD)
        out = sum(part * gates[:, k, None] for k, part in enumerate(parts))

        def gradient(upstream: Tensor) -> tuple[Any, ...]:
            parts = seats.gather_by_position(out_ECD)  # again: a gather is as fast as reading them
            d_gates = ops.stack([ops.sum(upstream * part, axis=-1) for part in parts], axis=1)
            d_out_ECD = seats.rows.take_weighted(upstream, gates)
            d_x_ECD, *d_weights = back_propagate(d_out_ECD, x_ECD, hidden_ECF, *weights)
            d_x = sum(seats.gather_by_position(d_x_ECD))
            first_tier = d_x, d_gates, *d_weights
            d_x, d_gates, *d_weights = _add_gradients(
                standing, upstream, x, gates, weights, first_tier
            )
            return d_x, d_gates, None, *d_weights

        return _add_outputs(standing, x, gates, weights, out), gradient

    experts_NK = send_padding_nowhere(experts_NK, num_experts, mask_N)
    return run(x_ND, gates_NK, experts_NK, *weights)


def _choose_capacity(num_slots: int | Tensor, num_experts: int) -> int | Tensor:
    capacity = compute_capacity(num_slots, num_experts, ROOM)
    return -(-capacity // MULTIPLE) * MULTIPLE


class _Standing(NamedTuple):
    """The slots that have no seat, in steps of a block for each expert of a group.

    Attributes:
        slots: All, sorted by expert.
        size: Rows of a block, C.
        groups: int32[groups, G], the experts, those with the most slots first.
        ends: int32[groups], how many steps the groups up to each one have.
    """

    slots: Slots
    size: int | Tensor
    groups: Tensor
    ends: Tensor

    @classmethod
    def find(cls, slots: Slots, capacity: int | Tensor) -> _Standing:
        """Find those beyond each expert's first `capacity` slots."""
        loads = slots.starts[1:] - slots.starts[:-1]
        num_blocks = -(-ops.maximum(loads - capacity, 0) // capacity)
        by_load = ops.cast(ops.argsort(-num_blocks), "int32")
        groups = ops.reshape(by_load, (-1, _choose_group_size(loads.shape[0])))
        return cls(slots, capacity, groups, ops.cumsum(ops.take(num_blocks, groups[:, 0])))

    def walk(self, body: Any, *state: Tensor) -> Any:
        """Call `body(experts, rows, *state)` for each step and return the last state."""

        def step(number: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
            group = ops.sum(ops.cast(self.ends <= number, "int32"))
            first = ops.where(group > 0, self.ends[ops.maximum(group - 1, 0)], 0)
            experts = self.groups[group]
            places = ops.take(self.slots.starts, experts) + (1 + number - first) * self.size
            places = places[:, None] + ops.arange(self.size, dtype="int32")
            rows = self.slots.fill_rows(places, ops.take(self.slots.starts, experts + 1)[:, None])
            return (number + 1, *body(experts, rows, *state))

        end, start = self.ends[-1], ops.zeros((), "int32")
        _, *state = ops.while_loop(lambda number, *_: number < end, step, (start, *state))
        return state


def _choose_group_size(num_experts: int) -> int:
    """Choose the largest part of a `GROUPS`th of the experts, or less, that divides them."""
    most = max(num_experts // GROUPS, 1)
    return next(size for size in range(most, 0, -1) if num_experts % size == 0)


def _add_outputs(
    standing: _Standing, x: Tensor, gates: Tensor, weights: Any, out: Tensor
) -> Tensor:
    """Add what the second tier says to the first tier's output."""

    def body(experts: Tensor, rows: Rows, out: Tensor) -> tuple[Tensor]:
        own = [ops.take(matrices, experts, axis=0) for matrices in weights]
        _, out_GBD = feed_forward(rows.take(x), *own)
        gates_GB = ops.take(ops.reshape(gates, (-1,)), rows.slots, axis=0)
        return (_add_rows(out, rows, rows.positions, out_GBD * gates_GB[..., None]),)

    [out] = standing.walk(body, _put_row_behind(out))
    return out[:-1]


def _add_gradients(
    standing: _Standing, upstream: Tensor, x: Tensor, gates: Tensor, weights: Any, sums: Any
) -> Any:
    """Add the second tier's gradients of inputs, gates and weights to those of the first."""

    def body(experts: Tensor, rows: Rows, *sums: Tensor) -> tuple[Tensor, ...]:
        d_x, d_gates, *d_weights = sums
        own = [ops.take(matrices, experts, axis=0) for matrices in weights]
        x_GBD = rows.take(x)
        hidden_GBF, out_GBD = feed_forward(x_GBD, *own)
        d_out_GBD = rows.take_weighted(upstream, gates)
        d_x_GBD, *d_own = back_propagate(d_out_GBD, x_GBD, hidden_GBF, *own)
        d_gates_GB = ops.sum(rows.take(upstream) * out_GBD, axis=-1)
        return (
            _add_rows(d_x, rows, rows.positions, d_x_GBD),
            _add_rows(d_gates, rows, rows.slots, d_gates_GB),
            *(
                ops.scatter_update(total, experts[:, None], added, reduction="add")
                for total, added in zip(d_weights, d_own, strict=True)
            ),
        )

    d_x, d_gates, *d_weights = sums
    flat = ops.reshape(d_gates, (-1,))
    d_x, flat, *d_weights = standing.walk(
        body, _put_row_behind(d_x), _put_row_behind(flat), *d_weights
    )
    return d_x[:-1], ops.reshape(flat[:-1], ops.shape(d_gates)), *d_weights


def _put_row_behind(rows: Tensor) -> Tensor:
    """Add a last row, for what belongs nowhere."""
    return ops.pad(rows, [(0, 1), *[(0, 0)] * (len(rows.shape) - 1)])


def _add_rows(total: Tensor, rows: Rows, index_GB: Tensor, added: Tensor) -> Tensor:
    """Add what was computed for rows to `total` at `index_GB`; of empty rows, to its last one."""
    index = ops.where(rows.filled, index_GB, ops.shape(total)[0] - 1)
    added = ops.reshape(added, (-1, *total.shape[1:]))
    return ops.scatter_update(total, ops.reshape(index, (-1, 1)), added, reduction="add")
