"""Every expert on every position: the reference, for any backend.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
F expert width.
"""

from typing import Any

from keras import ops

from t2t_mm.layers.weights import Matrices, stack_weights

Tensor = Any


def run_dense(
    x_ND: Tensor,
    experts_NK: Tensor,
    gates_NK: Tensor,
    w_in: Matrices,
    w_out: Matrices,
    mask_N: Tensor | None = None,
) -> Tensor:
    """Run every expert on every position and weigh the results; for any backend.

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
        >>> run_dense(x, experts, gates, w_in, w_out).numpy().tolist()  # 0.5 * 3 * (1 + 1)
        [[3.0, 3.0]]
    """
    w_in_EFD, w_out_EFD = stack_weights(w_in, w_out)
    if mask_N is not None:
        gates_NK = gates_NK * ops.cast(mask_N, gates_NK.dtype)[:, None]
    chosen = ops.one_hot(experts_NK, w_in_EFD.shape[0], dtype=x_ND.dtype)
    gates_NE = ops.sum(chosen * gates_NK[:, :, None], axis=1)
    hidden_ENF = ops.relu(ops.matmul(x_ND[None], ops.swapaxes(w_in_EFD, 1, 2)))
    out_END = ops.matmul(hidden_ENF, w_out_EFD)
    return ops.sum(out_END * ops.transpose(gates_NE)[:, :, None], axis=0)
