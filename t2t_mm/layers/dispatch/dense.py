"""Every expert on every position: the reference, for any backend.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
F expert width.
"""

from typing import Any

from keras import ops

Tensor = Any


def run_dense(
    x_ND: Tensor, experts_NK: Tensor, gates_NK: Tensor, w_in: Tensor, w_out: Tensor
) -> Tensor:
    """Runs every expert on every position and weighs the results; for any backend.

    Args:
        x_ND: float[N, D].
        experts_NK: int32[N, K].
        gates_NK: float[N, K], 0 where padded.
        w_in: float[E, D, F].
        w_out: float[E, F, D].

    Returns:
        float[N, D].
    """
    chosen = ops.one_hot(experts_NK, w_in.shape[0], dtype=x_ND.dtype)
    gates_NE = ops.sum(chosen * gates_NK[:, :, None], axis=1)
    hidden_ENF = ops.relu(ops.matmul(x_ND[None], w_in))
    out_END = ops.matmul(hidden_ENF, w_out)
    return ops.sum(out_END * ops.transpose(gates_NE)[:, :, None], axis=0)
