"""Every expert on every position: the reference, and for few rows on JAX.

Axis letters: N positions of the flattened batch, D width, E experts, K experts per position,
F expert width, G = E * F hidden units of all experts.
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
    """Run all experts as one net on every position, its hidden units weighed; for any backend.

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
    num_experts, expert_width, width = w_in_EFD.shape
    if mask_N is not None:
        gates_NK = gates_NK * ops.cast(mask_N, gates_NK.dtype)[:, None]
    chosen = ops.one_hot(experts_NK, num_experts, dtype=x_ND.dtype)
    gates_NE = ops.sum(chosen * gates_NK[:, :, None], axis=1)
    hidden_NG = ops.relu(ops.matmul(x_ND, ops.transpose(ops.reshape(w_in_EFD, (-1, width)))))
    hidden_NEF = ops.reshape(hidden_NG, (-1, num_experts, expert_width))
    weighed_NG = ops.reshape(hidden_NEF * gates_NE[:, :, None], (-1, num_experts * expert_width))
    return ops.matmul(weighed_NG, ops.reshape(w_out_EFD, (-1, width)))
