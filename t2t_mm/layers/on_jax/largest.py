"""The place of the largest value, by what is fast on the device."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

Tensor = Any


def find_largest(values: Tensor) -> Tensor:
    """Find as `t2t_mm.search.greedy_search.find_largest`.

    XLA's argmax goes through the values one by one on a CPU; choosing the first of them sorted
    takes a third to two thirds of the time.
    """
    return jax.lax.platform_dependent(
        values,
        cpu=lambda values: jax.lax.top_k(values, 1)[1][..., 0],
        default=lambda values: jnp.argmax(values, axis=-1).astype("int32"),
    )
