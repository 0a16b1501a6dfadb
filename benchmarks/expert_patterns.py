"""What `moe.py` times beside our dispatches: other people's patterns, and inputs for all of them.

Axis letters: N tokens, D width, E experts, K experts per token, F expert width, G groups,
M tokens of a group, C capacity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

Tensor = Any
GROUP, CAPACITY_FACTOR = 1024, 1.25  # tokens of a group as in Mesh TensorFlow's moe_group_size


class Shape(NamedTuple):
    """One size of the layer.

    Attributes:
        tokens: N.
        width: D.
        expert_width: F.
        num_experts: E.
        per_token: K.
    """

    tokens: int
    width: int
    expert_width: int
    num_experts: int
    per_token: int

    @property
    def useful_operations(self) -> int:
        """Additions and multiplications of the chosen experts, forward and backward."""
        return 6 * self.tokens * self.per_token * 2 * self.width * self.expert_width

    def __str__(self) -> str:
        return (
            f"{self.tokens:,} tokens, D {self.width}, F {self.expert_width}, "
            f"{self.num_experts} experts, top {self.per_token}"
        )


def route(shape: Shape, router: str, seed: int) -> Tensor:
    """Choose each token's experts, all different: int32[N, K].

    Args:
        shape: Of the layer.
        router: "balanced": any experts; "skewed": half of the tokens choose among one tenth of
            the experts, rounded up, and others only where that is too few.
        seed: Of the choice.
    """
    generator = np.random.default_rng(seed)
    scores = generator.random((shape.tokens, shape.num_experts))
    if router == "skewed":
        popular = -(-shape.num_experts // 10)
        scores[: shape.tokens // 2, :popular] += 1.0
        scores = generator.permutation(scores)
    return np.argsort(-scores, axis=1)[:, : shape.per_token].astype("int32")


def run_one_hot(
    x_ND: Tensor, experts_NK: Tensor, gates_NK: Tensor, w_in_EFD: Tensor, w_out_EFD: Tensor
) -> Tensor:
    """Run the one-hot einsums of GShard and Mesh TensorFlow; drop what is beyond the capacity.

    Source: Lepikhin et al. 2020, arXiv:2006.16668, algorithm 1, for k experts instead of 2.
    """
    from keras import ops

    num_experts, per_token = w_in_EFD.shape[0], experts_NK.shape[1]
    num_tokens, width = x_ND.shape
    group = choose_group_size(num_tokens)
    capacity = compute_group_capacity(num_tokens, num_experts, per_token)
    chosen_GMKE = ops.one_hot(
        ops.reshape(experts_NK, (-1, group, per_token)), num_experts, dtype="float32"
    )
    seats_GME = ops.cumsum(ops.sum(chosen_GMKE, axis=2), axis=1) - 1.0
    seats_GMK = ops.cast(ops.sum(chosen_GMKE * seats_GME[:, :, None], axis=3), "int32")
    seats_GMKC = ops.one_hot(seats_GMK, capacity, dtype=x_ND.dtype)  # zeros beyond the capacity
    chosen_GMKE = ops.cast(chosen_GMKE, x_ND.dtype)
    gates_GMK = ops.reshape(gates_NK, (-1, group, per_token))
    dispatch_GMEC = ops.einsum("gmke,gmkc->gmec", chosen_GMKE, seats_GMKC)
    weighted_GMKE = chosen_GMKE * gates_GMK[..., None]
    combine_GMEC = ops.einsum("gmke,gmkc->gmec", weighted_GMKE, seats_GMKC)
    x_GMD = ops.reshape(x_ND, (-1, group, width))
    rows_EGCD = ops.einsum("gmec,gmd->egcd", dispatch_GMEC, x_GMD)
    rows = ops.reshape(rows_EGCD, (num_experts, -1, width))
    out = ops.matmul(ops.relu(ops.matmul(rows, ops.swapaxes(w_in_EFD, 1, 2))), w_out_EFD)
    out_EGCD = ops.reshape(out, (num_experts, -1, capacity, width))
    return ops.reshape(ops.einsum("gmec,egcd->gmd", combine_GMEC, out_EGCD), (-1, width))


def choose_group_size(num_tokens: int) -> int:
    """Choose the largest group that divides the tokens and has at most 1,024 of them."""
    return max(size for size in range(1, GROUP + 1) if num_tokens % size == 0)


def compute_group_capacity(num_tokens: int, num_experts: int, per_token: int) -> int:
    """Compute the rows of one expert for one group."""
    return -int(-CAPACITY_FACTOR * choose_group_size(num_tokens) * per_token // num_experts)


def measure_one_hot_dropped(experts_NK: Tensor, num_experts: int) -> float:
    """Measure the share of the slots that `run_one_hot` drops."""
    capacity = compute_group_capacity(len(experts_NK), num_experts, experts_NK.shape[1])
    groups = experts_NK.reshape(-1, choose_group_size(len(experts_NK)) * experts_NK.shape[1])
    loads = np.stack([np.bincount(group, minlength=num_experts) for group in groups])
    return float(np.maximum(loads - capacity, 0).sum()) / float(experts_NK.size)


def run_ragged_dot(
    x_ND: Tensor, experts_NK: Tensor, gates_NK: Tensor, w_in_EFD: Tensor, w_out_EFD: Tensor
) -> Tensor:
    """Run JAX's own grouped matmul over slots sorted by expert, as MegaBlocks and MaxText do."""
    import jax
    import jax.numpy as jnp

    num_tokens, per_token = experts_NK.shape
    order = jnp.argsort(experts_NK.reshape(-1))
    sizes = jnp.bincount(experts_NK.reshape(-1), length=w_in_EFD.shape[0])
    w_in_EDF = w_in_EFD.swapaxes(1, 2)
    hidden = jax.nn.relu(jax.lax.ragged_dot(x_ND[order // per_token], w_in_EDF, sizes))
    out = jax.lax.ragged_dot(hidden, w_out_EFD, sizes)
    out_NKD = out[jnp.argsort(order)].reshape(num_tokens, per_token, -1)
    return jnp.sum(out_NKD * gates_NK[:, :, None], axis=1)


def run_dense_pair(
    x_SD: Tensor, experts: Tensor, gates: Tensor, w_in: Sequence[Tensor], w_out: Sequence[Tensor]
) -> Tensor:
    """Run one net of two matmuls on N * K rows: as many useful operations, no routing."""
    from keras import ops

    return ops.matmul(ops.relu(ops.matmul(x_SD, ops.transpose(w_in[0]))), w_out[0])
