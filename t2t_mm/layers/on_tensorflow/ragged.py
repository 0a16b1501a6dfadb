"""The chosen experts on slices of exact size, one matmul each; TensorFlow graphs only.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
F expert width, S = N * K slots (one for each pair of a position and an expert chosen for it).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from t2t_mm.layers.on_tensorflow.loop_bodies import is_loop_body
from t2t_mm.layers.on_tensorflow.single_operations import back_propagate_relu
from t2t_mm.layers.on_tensorflow.transposed_products import multiply_transposed

Tensor = Any


def run_ragged(
    x_ND: Tensor,
    experts_NK: Tensor,
    gates_NK: Tensor,
    w_in: Sequence[Tensor],
    w_out: Sequence[Tensor],
    mask_N: Tensor | None = None,
) -> Tensor:
    """Sort the slots by expert and give each expert its slice.

    Padded positions go to a slice of their own behind the last expert, which stays zero. The
    gradient is written out: dispatch and combine are each other's transpose, so that both ways
    only gather, where TensorFlow would scatter; the experts' weights and their gradients are never
    copied into one tensor. Hidden rows are kept as columns: with the weights on the left, products
    of few rows take two thirds of the time.

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
        >>> x, experts, gates = tf.ones([1, 2]), tf.constant([[1]]), tf.constant([[0.5]])
        >>> w_in, w_out = [tf.zeros([3, 2]), tf.ones([3, 2])], [tf.ones([3, 2])] * 2
        >>> run_ragged(x, experts, gates, w_in, w_out).numpy().tolist()  # 0.5 * 3 * (1 + 1)
        [[3.0, 3.0]]
    """
    num_experts = len(w_in)
    slots = _sort_slots(experts_NK, num_experts, mask_N)

    def combine(out_SD: Tensor, gates: Tensor) -> Tensor:
        parts = slots.gather_by_position(out_SD)
        return tf.add_n([part * gates[:, k, None] for k, part in enumerate(parts)])

    if is_loop_body():  # Of a search: an expert has a row or two, which are best left as rows.
        rows = slots.split(tf.gather(x_ND, slots.positions))
        hidden = [
            tf.nn.relu(tf.matmul(x, w, transpose_b=True)) for x, w in zip(rows, w_in, strict=True)
        ]
        return combine(
            slots.join([tf.matmul(h, w) for h, w in zip(hidden, w_out, strict=True)]), gates_NK
        )

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(x: Tensor, gates: Tensor, *weights: Tensor) -> Any:
        w_in, w_out = weights[:num_experts], weights[num_experts:]
        rows = slots.split(tf.gather(x, slots.positions))
        # float[F, rows] each.
        hidden = [
            tf.nn.relu(multiply_transposed(w, x_e)) for x_e, w in zip(rows, w_in, strict=True)
        ]
        out_SD = slots.join(
            [tf.matmul(h, w, transpose_a=True) for h, w in zip(hidden, w_out, strict=True)]
        )

        def gradient(upstream: Tensor) -> list[Tensor]:
            d_y_SD = tf.gather(upstream, slots.positions)
            d_gates = tf.gather(tf.reduce_sum(d_y_SD * out_SD, axis=1), slots.places)
            d_out = slots.split(d_y_SD * tf.gather(tf.reshape(gates, [-1]), slots.order)[:, None])
            d_in, d_w_in, d_w_out = [], [], []
            for e in range(num_experts):
                d_hidden = multiply_transposed(w_out[e], d_out[e])
                d_hidden = back_propagate_relu(d_hidden, hidden[e])
                d_in.append(tf.matmul(d_hidden, w_in[e], transpose_a=True))
                d_w_in.append(tf.matmul(d_hidden, rows[e]))
                d_w_out.append(tf.matmul(hidden[e], d_out[e]))
            d_x = tf.add_n(slots.gather_by_position(slots.join(d_in)))
            return [d_x, d_gates, *d_w_in, *d_w_out]

        return combine(out_SD, gates), gradient

    return run(x_ND, gates_NK, *(tf.convert_to_tensor(matrix) for matrix in (*w_in, *w_out)))


class _Slots(NamedTuple):
    """The slots sorted by expert, those of padded positions last.

    Attributes:
        order: int32[S], the slot (position * K + k) at each place.
        positions: int32[S], the position whose slot is at each place.
        places: int32[N, K], the place of each slot.
        sizes: int32[E + 1], the slots of each expert and of padding.
    """

    order: Tensor
    positions: Tensor
    places: Tensor
    sizes: Tensor

    def split(self, rows_SD: Tensor) -> list[Tensor]:
        """Return the rows of each expert; views, not copies."""
        slices: list[Tensor] = tf.split(rows_SD, self.sizes, num=self.sizes.shape[0])
        return slices[:-1]

    def join(self, slices: Sequence[Tensor]) -> Tensor:
        """Return the rows of all experts and zeros for padding, float[S, D]."""
        padding = tf.zeros([self.sizes[-1], slices[0].shape[1]], slices[0].dtype)
        return tf.concat([*slices, padding], axis=0)

    def gather_by_position(self, rows_SD: Tensor) -> list[Tensor]:
        """Gather the rows of each position's first slot, second slot and so on.

        Returns:
            K times float[N, D].
        """
        return [tf.gather(rows_SD, places_N) for places_N in tf.unstack(self.places, axis=1)]


def _sort_slots(experts_NK: Tensor, num_experts: int, mask_N: Tensor | None) -> _Slots:
    per_position = experts_NK.shape[1]
    if mask_N is not None:
        experts_NK = tf.where(mask_N[:, None], experts_NK, num_experts)
    slots = tf.reshape(experts_NK, [-1])
    order = tf.argsort(slots, stable=True)
    places = tf.reshape(tf.math.invert_permutation(order), [-1, per_position])
    sizes = tf.math.bincount(slots, minlength=num_experts + 1, maxlength=num_experts + 1)
    sizes = tf.ensure_shape(sizes, [num_experts + 1])
    return _Slots(order, order // per_position, places, sizes)
