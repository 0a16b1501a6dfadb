"""The chosen experts on blocks of equal size, as many as each expert needs; for XLA and JAX.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
F expert width, S = N * K slots, B rows of a block.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from keras import ops

from t2t_mm.layers.dispatch.feed_forward import back_propagate, feed_forward
from t2t_mm.layers.dispatch.slots import (
    Rows,
    Slots,
    gather_by_position,
    send_padding_nowhere,
    sort_slots,
)
from t2t_mm.layers.gradients import attach_gradient
from t2t_mm.layers.weights import Matrices, stack_weights

Tensor = Any

LARGEST_BLOCK = 256


def run_blocked(
    x_ND: Tensor,
    experts_NK: Tensor,
    gates_NK: Tensor,
    w_in: Matrices,
    w_out: Matrices,
    mask_N: Tensor | None = None,
) -> Tensor:
    """Sort the slots by expert; each expert then walks over its own in blocks.

    Shapes are static and nothing is dropped: only the number of an expert's blocks depends on the
    data. Its last block is filled up with empty rows; padded positions are in no block. The
    gradient is written out, since XLA cannot differentiate a loop of unknown length: dispatch and
    combine are each other's transpose, so that both ways only gather.

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
        >>> run_blocked(x, experts, gates, w_in, w_out).numpy().tolist()  # 0.5 * 3 * (1 + 1)
        [[3.0, 3.0]]

    Chosen: a loop for each expert, over its own two matrices. One loop over the blocks of all
    experts took twice as long on a CPU at 60 experts.
    Source: blocks, Gale et al. 2022, arXiv:2211.15841, who multiply them all in one sparse matmul.
    """
    weights = stack_weights(w_in, w_out)
    num_experts = weights[0].shape[0]

    # The experts go in as an argument: JAX lets no gradient flow to what is closed over.
    @attach_gradient
    def run(x: Tensor, gates: Tensor, experts: Tensor, *weights: Tensor) -> Any:
        w_in, w_out = (ops.unstack(matrices) for matrices in weights)
        slots = sort_slots(experts, num_experts)
        blocks = _Blocks(slots, _choose_block_size(slots.number, num_experts))
        hidden_SF, out_SD = _run_forward(blocks, x, w_in, w_out)
        parts = gather_by_position(out_SD, slots.places)

        def gradient(upstream: Tensor) -> tuple[Any, ...]:
            d_gates = ops.stack([ops.sum(upstream * part, axis=-1) for part in parts], axis=1)

            def d_out(rows: Rows) -> Tensor:
                return rows.take_weighted(upstream, gates)

            d_x_SD, d_weights = _run_backward(blocks, d_out, x, hidden_SF, w_in, w_out)
            d_x = sum(gather_by_position(d_x_SD, slots.places))
            return d_x, d_gates, None, *d_weights

        return sum(part * gates[:, k, None] for k, part in enumerate(parts)), gradient

    experts_NK = send_padding_nowhere(experts_NK, num_experts, mask_N)
    return run(x_ND, gates_NK, experts_NK, *weights)


def _choose_block_size(num_slots: int | Tensor, num_experts: int) -> int:
    """Choose how many rows: an expert with a quarter more than its share has no block too many.

    Large blocks are fast matmuls and add to the gradient less often; small ones have fewer empty
    rows, a half of one for each expert on average.
    """
    if not isinstance(num_slots, int):  # a TensorFlow graph for any number
        return 128
    rows = 1.25 * num_slots / num_experts
    num_blocks = math.ceil(rows / LARGEST_BLOCK)
    return 8 * math.ceil(rows / num_blocks / 8)


class _Blocks(NamedTuple):
    """The blocks of all experts, one after the other, and tensors with a row for each slot.

    A block may reach beyond its expert's slots. What it writes there is written again by the next
    expert, or is zero where no expert follows.

    Attributes:
        slots: Sorted by expert.
        size: B.
    """

    slots: Slots
    size: int

    def walk(self, expert: int, body: Callable[..., Any], *state: Tensor) -> Any:
        """Call `body(place, rows, *state)` for each block of one expert; return the last state.

        `place` is that of the block's first row; `body` returns the new state.
        """
        end = self.slots.starts[expert + 1]

        def step(place: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
            rows = self.slots.fill_rows(place + ops.arange(self.size, dtype="int32"), end)
            return (place + self.size, *body(place, rows, *state))

        start = self.slots.starts[expert]
        _, *state = ops.while_loop(lambda place, *_: place < end, step, (start, *state))
        return state

    def make_room(self, width: int, dtype: Any) -> Tensor:
        """Make room for a row of each slot, and for the last block to reach beyond."""
        return ops.zeros((self.slots.number + self.size, width), dtype)

    def take_block(self, rows_SD: Tensor, place: Tensor) -> Tensor:
        """Return one block's rows, float[B, D]."""
        return ops.slice(rows_SD, (place, 0), (self.size, rows_SD.shape[1]))


def _run_forward(
    blocks: _Blocks, x: Tensor, w_in: Sequence[Tensor], w_out: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """Return the hidden and the output row of each slot, sorted by expert."""
    hidden_width, width = w_in[0].shape
    state = blocks.make_room(hidden_width, x.dtype), blocks.make_room(width, x.dtype)
    for e in range(len(w_in)):

        def body(place: Tensor, rows: Rows, hidden: Tensor, out: Tensor, e: int = e) -> Any:
            hidden_BF, out_BD = feed_forward(rows.take(x), w_in[e], w_out[e])
            return _put_block(hidden, place, hidden_BF), _put_block(out, place, out_BD)

        state = blocks.walk(e, body, *state)
    hidden, out = state
    return hidden, out


def _run_backward(
    blocks: _Blocks,
    d_out: Callable[[Rows], Tensor],
    x: Tensor,
    hidden: Tensor,
    w_in: Sequence[Tensor],
    w_out: Sequence[Tensor],
) -> tuple[Tensor, list[Tensor]]:
    """Return the gradient of each slot's input row, and of w_in and w_out."""
    d_x, d_w_in, d_w_out = blocks.make_room(x.shape[1], x.dtype), [], []
    for e in range(len(w_in)):

        def body(place: Tensor, rows: Rows, d_x: Tensor, *sums: Tensor, e: int = e) -> Any:
            hidden_BF = blocks.take_block(hidden, place)
            d_x_BD, *parts = back_propagate(d_out(rows), rows.take(x), hidden_BF, w_in[e], w_out[e])
            added = [total + part for total, part in zip(sums, parts, strict=True)]
            return _put_block(d_x, place, d_x_BD), *added

        zeros = ops.zeros_like(w_in[e]), ops.zeros_like(w_out[e])
        d_x, d_in, d_out_e = blocks.walk(e, body, d_x, *zeros)
        d_w_in.append(d_in)
        d_w_out.append(d_out_e)
    return d_x, [ops.stack(d_w_in), ops.stack(d_w_out)]


def _put_block(rows_SD: Tensor, place: Tensor, block_BD: Tensor) -> Tensor:
    return ops.slice_update(rows_SD, (place, 0), block_BD)
