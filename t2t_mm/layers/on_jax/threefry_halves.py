"""Noise of which two values share the 32 bits of one random number: a fifth of the time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras

Tensor = Any


def draw_levels(shape: Sequence[int], noise: keras.random.SeedGenerator) -> Tensor:
    """Draw integers in [0, 2**16) as `t2t_mm.layers.dropout.draw_levels` does, others than it."""
    size = math.prod(shape)
    words = jax.random.bits(noise.next(), ((size + 1) // 2,), jnp.uint32)
    levels = jax.lax.bitcast_convert_type(words, jnp.uint16)
    return jnp.reshape(jnp.ravel(levels)[:size], shape)
