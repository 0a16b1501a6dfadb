"""Logits in float32: what a device adds up in float32 is not rounded to bfloat16 first."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

Tensor = Any


def compute_logits(x_ND: Tensor, w_FD: Tensor) -> Tensor:
    """Multiply as `t2t_mm.layers.products.compute_logits`, without rounding."""
    return jnp.matmul(x_ND, jnp.transpose(w_FD), preferred_element_type="float32")
