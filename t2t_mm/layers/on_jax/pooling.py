"""Pooling over windows, by shifted places.

XLA computes the gradient by writing to places one by one, of which it keeps the indices: forward
and backward take 12 to 17 times as long on a CPU, and as long as this on an H100.

Axis letters: B batch, H rows, W columns, C channels.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import jax
import jax.numpy as jnp

from t2t_mm.layers.on_jax.shifted_places import Taps, list_seen

Tensor = Any
Pair = tuple[int, int]


@functools.partial(jax.custom_vjp, nondiff_argnums=(1, 2))
def take_largest(x: Tensor, window: Pair, strides: Pair) -> Tensor:
    """Pool as `t2t_mm.layers.striding.take_largest`."""
    return functools.reduce(jnp.maximum, list_seen(x, _list_within(x, window, strides)))


def _take_forward(x: Tensor, window: Pair, strides: Pair) -> Any:
    largest = take_largest(x, window, strides)
    return largest, (x, largest)


def _take_backward(window: Pair, strides: Pair, kept: Any, upstream: Tensor) -> Any:
    """Hand the gradient to the first of a window that is the largest."""
    x, largest = kept
    taps = _list_within(x, window, strides)
    zero = jnp.zeros((), "float32")
    given, total = jnp.zeros(largest.shape, bool), jnp.zeros(x.shape, "float32")
    for offset, one in zip(taps.offsets, list_seen(x, taps), strict=True):
        here = (one == largest) & ~given
        given |= here
        part = jnp.where(here, upstream.astype("float32"), zero)
        edges = [(0, 0, 0)]
        for start, stride, size, places in zip(offset, *taps[1:], x.shape[1:3], strict=True):
            after = places - start - (size - 1) * stride - 1
            edges.append((start, after, stride - 1))
        total += jax.lax.pad(part, zero, [*edges, (0, 0, 0)])
    return (total.astype(x.dtype),)


take_largest.defvjp(_take_forward, _take_backward)


def _list_within(x: Tensor, window: Pair, strides: Pair) -> Taps:
    """List the taps of the windows that lie within the places."""
    sizes = tuple(
        (places - size) // stride + 1
        for places, size, stride in zip(x.shape[1:3], window, strides, strict=True)
    )
    offsets = tuple(itertools.product(range(window[0]), range(window[1])))
    return Taps(offsets, tuple(strides), sizes)
