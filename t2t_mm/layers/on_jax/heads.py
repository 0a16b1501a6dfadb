"""Attention by JAX's own function, whose softmax is in float32 whatever the numbers are."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

Tensor = Any


def average_values(query: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None) -> Tensor:
    """Average as `t2t_mm.layers.attention.average_values`."""
    query, keys, values = (jnp.swapaxes(heads, 1, 2) for heads in (query, keys, values))
    if bias is not None:  # finite, so that a row that sees nothing is an average, too
        sizes = (1,) * (4 - jnp.ndim(bias)) + jnp.shape(bias)
        bias = jnp.reshape(jnp.asarray(bias, "float32"), sizes)
    average = jax.nn.dot_product_attention(query, keys, values, bias, scale=1.0)
    return jnp.swapaxes(average, 1, 2)
