"""The chosen experts on slices of exact size, one matmul each; TensorFlow graphs only.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
F expert width, S = N * K slots (one for each pair of a position and an expert
chosen for it).
"""

from typing import Any

Tensor = Any


def run_ragged(
    x_ND: Tensor,
    experts_NK: Tensor,
    gates_NK: Tensor,
    w_in: Tensor,
    w_out: Tensor,
    mask_N: Tensor | None = None,
) -> Tensor:
    """Sorts the slots by expert and gives each expert its slice; TensorFlow only.

    Padded positions go to a slice of their own behind the last expert, which stays zero.

    Args:
        x_ND: float[N, D].
        experts_NK: int32[N, K].
        gates_NK: float[N, K].
        w_in: float[E, D, F].
        w_out: float[E, F, D].
        mask_N: bool[N], False where padded.

    Returns:
        float[N, D].
    """
    import tensorflow as tf

    num_experts, per_position = w_in.shape[0], experts_NK.shape[1]
    if mask_N is not None:
        experts_NK = tf.where(mask_N[:, None], experts_NK, num_experts)
    slots = tf.reshape(experts_NK, [-1])
    order = tf.argsort(slots, stable=True)
    places_NK = tf.reshape(tf.math.invert_permutation(order), [-1, per_position])
    sizes = tf.math.bincount(slots, minlength=num_experts + 1, maxlength=num_experts + 1)

    *slices, padding = tf.split(_dispatch(x_ND, order, places_NK), sizes, num=num_experts + 1)
    outs = [
        tf.matmul(tf.nn.relu(tf.matmul(rows, first)), second)
        for rows, first, second in zip(slices, tf.unstack(w_in), tf.unstack(w_out), strict=True)
    ]
    return _combine(tf.concat([*outs, tf.zeros_like(padding)], axis=0), gates_NK, order, places_NK)


def _dispatch(x_ND: Tensor, order: Tensor, places_NK: Tensor) -> Tensor:
    """Copies each position into its slots, sorted; the gradient gathers them back.

    The gradient of a gather would be a slow scatter, but here each position knows its places.
    """
    import tensorflow as tf

    per_position = places_NK.shape[1]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def gather(x: Tensor) -> Any:
        def gradient(upstream: Tensor) -> Tensor:
            return tf.add_n([tf.gather(upstream, places_NK[:, k]) for k in range(per_position)])

        return tf.gather(x, order // per_position), gradient

    return gather(x_ND)


def _combine(out_SD: Tensor, gates_NK: Tensor, order: Tensor, places_NK: Tensor) -> Tensor:
    """Adds up each position's slots, weighed by its gates; forward and gradient only gather."""
    import tensorflow as tf

    per_position = places_NK.shape[1]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def weigh(out: Tensor, gates: Tensor) -> Any:
        parts = [tf.gather(out, places_NK[:, k]) for k in range(per_position)]

        def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
            slot_gates = tf.gather(tf.reshape(gates, [-1]), order)[:, None]
            d_out = tf.gather(upstream, order // per_position) * slot_gates
            d_gates = [tf.reduce_sum(upstream * part, axis=1) for part in parts]
            return d_out, tf.stack(d_gates, axis=1)

        return tf.add_n([part * gates[:, k, None] for k, part in enumerate(parts)]), gradient

    return weigh(out_SD, gates_NK)
