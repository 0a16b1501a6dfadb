"""Output and gradients of an expert layer beside those in float32, for `moe.py` on JAX.

Axis letters: N tokens, D width, E experts, K experts per token, F expert width.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Errors = dict[str, float]


def measure_errors(run: Callable[[Any, Any], Any], arrays: Any, experts_NK: Any) -> Errors:
    """Measure how far output and gradients are from those in float32 of the same numbers.

    Every expert is run on every token, one expert after the other, so that it fits the memory.

    Args:
        run: Takes arrays and experts; gives the output and the gradients of x, gates, w_in, w_out.
        arrays: Inputs, weights as float[E, F, D], and the gradient of the output.
        experts_NK: int32[N, K].

    Returns:
        For each result the norm of the difference over the norm; of a gradient of weights that of
        the worst expert.
    """
    import jax
    import jax.numpy as jnp

    compute_expert = jax.jit(_compute_expert)
    out, (d_x, d_gates, d_w_in, d_w_out) = run(arrays, experts_NK)
    x, upstream = (array.astype("float32") for array in (arrays.x, arrays.upstream))
    right = [jnp.zeros(x.shape), jnp.zeros(x.shape), jnp.zeros(experts_NK.shape)]
    worst = {"w_in": 0.0, "w_out": 0.0}
    for expert in range(arrays.w_in.shape[0]):
        chosen_NK = experts_NK == expert
        found, right_w_in, right_w_out = compute_expert(
            x, chosen_NK, arrays.gates, arrays.w_in[expert], arrays.w_out[expert], upstream
        )
        right = [total + part for total, part in zip(right, found, strict=True)]
        for name, got, wanted in (
            ("w_in", d_w_in[expert], right_w_in),
            ("w_out", d_w_out[expert], right_w_out),
        ):
            worst[name] = max(worst[name], _measure_error(got, wanted))
    pairs = zip(("out", "x", "gates"), (out, d_x, d_gates), right, strict=True)
    return {name: _measure_error(got, wanted) for name, got, wanted in pairs} | worst


def _compute_expert(
    x_ND: Any, chosen_NK: Any, gates_NK: Any, w_in_FD: Any, w_out_FD: Any, upstream_ND: Any
) -> Any:
    """Compute one expert's part of output and gradients, all in float32."""
    import jax.numpy as jnp

    def multiply(a: Any, b: Any) -> Any:
        return jnp.matmul(a, b, precision="highest")

    w_in_FD, w_out_FD = w_in_FD.astype("float32"), w_out_FD.astype("float32")
    gates_N = jnp.sum(jnp.where(chosen_NK, gates_NK.astype("float32"), 0.0), axis=1)
    hidden_NF = jnp.maximum(multiply(x_ND, w_in_FD.T), 0.0)
    out_ND = multiply(hidden_NF, w_out_FD)
    d_gates_NK = jnp.sum(out_ND * upstream_ND, axis=1)[:, None] * chosen_NK
    d_out_ND = gates_N[:, None] * upstream_ND
    d_hidden_NF = jnp.where(hidden_NF > 0.0, multiply(d_out_ND, w_out_FD.T), 0.0)
    sums = (gates_N[:, None] * out_ND, multiply(d_hidden_NF, w_in_FD), d_gates_NK)
    return sums, multiply(d_hidden_NF.T, x_ND), multiply(hidden_NF.T, d_out_ND)


def _measure_error(got: Any, wanted: Any) -> float:
    import jax.numpy as jnp

    difference = jnp.linalg.norm((got.astype("float32") - wanted).ravel())
    size = float(jnp.linalg.norm(wanted.ravel()))
    return float(difference) / size if size else float(difference)
