"""The chosen experts in one batched matmul with room for so many slots each; drops the others.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
F expert width, S = N * K slots, C capacity.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from t2t_mm.layers.dispatch.feed_forward import back_propagate, feed_forward
from t2t_mm.layers.dispatch.seats import compute_capacity, seat_slots
from t2t_mm.layers.dispatch.slots import send_padding_nowhere, sort_slots
from t2t_mm.layers.gradients import attach_gradient
from t2t_mm.layers.weights import Matrices, stack_weights

Tensor = Any


def run_capacity(
    x_ND: Tensor,
    experts_NK: Tensor,
    gates_NK: Tensor,
    w_in: Matrices,
    w_out: Matrices,
    mask_N: Tensor | None = None,
    capacity_factor: float = 1.25,
) -> Tensor:
    """Give each expert its first C slots; what comes after them is dropped.

    C is the capacity factor times an equal share of the slots, padded ones included, rounded up.
    A dropped slot adds nothing to its position and has no gradient: the position gets what its
    other experts say, or zero. As elsewhere, the gradient only gathers.

    Args:
        x_ND: float[N, D].
        experts_NK: int32[N, K].
        gates_NK: float[N, K].
        w_in: E times float[F, D].
        w_out: E times float[F, D].
        mask_N: bool[N], False where padded.
        capacity_factor: At least the E of E experts to drop nothing whatever the gate says.

    Returns:
        float[N, D].

    Example:
        >>> x, experts, gates = ops.ones((2, 2)), ops.array([[0], [0]]), ops.ones((2, 1))
        >>> w_in, w_out = [ops.ones((3, 2))] * 2, [ops.ones((3, 2))] * 2
        >>> y = run_capacity(x, experts, gates, w_in, w_out, capacity_factor=1.0)  # one row each
        >>> y.numpy().tolist()
        [[6.0, 6.0], [0.0, 0.0]]

    Source: Lepikhin et al. 2020, arXiv:2006.16668 (GShard), section 2.2: earlier positions first.
    """
    weights = stack_weights(w_in, w_out)
    num_experts = weights[0].shape[0]

    # The experts go in as an argument: JAX lets no gradient flow to what is closed over.
    @attach_gradient
    def run(x: Tensor, gates: Tensor, experts: Tensor, *weights: Tensor) -> Any:
        slots = sort_slots(experts, num_experts)
        capacity = compute_capacity(slots.number, num_experts, capacity_factor)
        seats = seat_slots(slots, experts, capacity)
        x_ECD = seats.rows.take(x)
        hidden_ECF, out_ECD = feed_forward(x_ECD, *weights)
        parts = seats.gather_by_position(out_ECD)

        def gradient(upstream: Tensor) -> tuple[Any, ...]:
            d_gates = ops.stack([ops.sum(upstream * part, axis=-1) for part in parts], axis=1)
            d_out_ECD = seats.rows.take_weighted(upstream, gates)
            d_x_ECD, *d_weights = back_propagate(d_out_ECD, x_ECD, hidden_ECF, *weights)
            d_x = sum(seats.gather_by_position(d_x_ECD))
            return d_x, d_gates, None, *d_weights

        return sum(part * gates[:, k, None] for k, part in enumerate(parts)), gradient

    experts_NK = send_padding_nowhere(experts_NK, num_experts, mask_N)
    return run(x_ND, gates_NK, experts_NK, *weights)


def measure_dropped(
    experts_NK: Tensor, num_experts: int, capacity_factor: float, mask_N: Tensor | None = None
) -> Tensor:
    """Measure the share of the slots that `run_capacity` drops; padding counts nowhere.

    Args:
        experts_NK: int32[N, K].
        num_experts: E.
        capacity_factor: See `run_capacity`.
        mask_N: bool[N], False where padded.

    Returns:
        A float32 scalar.

    Example:
        >>> experts = ops.array([[0], [0], [0], [1]])  # two experts have room for two each
        >>> float(measure_dropped(experts, num_experts=2, capacity_factor=1.0))
        0.25
    """
    experts_NK = send_padding_nowhere(experts_NK, num_experts, mask_N)
    experts_S = ops.reshape(experts_NK, (-1,))
    capacity = compute_capacity(ops.shape(experts_S)[0], num_experts, capacity_factor)
    loads = ops.segment_sum(ops.ones_like(experts_S), experts_S, num_experts + 1)[:num_experts]
    dropped = ops.sum(ops.maximum(loads - capacity, 0))
    return ops.cast(dropped, "float32") / ops.cast(ops.maximum(ops.sum(loads), 1), "float32")
