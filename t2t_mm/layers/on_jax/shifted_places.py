"""Depthwise convolutions as sums of shifted places, which XLA makes one pass of.

XLA's own grouped convolution takes 15 to 40 times as long on a CPU, and computes the gradient of
the kernel as that of an ordinary convolution, all channels with all others, of which it keeps the
diagonal. On an H100 it takes 3 to 7 times as long (`benchmarks/depthwise.py`).

Axis letters: B batch, L positions, H rows, W columns, D or C channels, K taps of a kernel.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Tensor = Any


class Taps(NamedTuple):
    """Where the taps of a kernel look, by axis of the places.

    Attributes:
        offsets: Of each tap, from a place of the output times the stride.
        strides: Of the output.
        sizes: Places of the output.
    """

    offsets: tuple[tuple[int, ...], ...]
    strides: tuple[int, ...]
    sizes: tuple[int, ...]


def convolve_depthwise(
    x_BLD: Tensor, kernel_KD: Tensor, dilation: int = 1, causal: bool = False
) -> Tensor:
    """Convolve as `t2t_mm.layers.depthwise.convolve_depthwise`."""
    taps, length = kernel_KD.shape[0], x_BLD.shape[1]
    first = taps - 1 if causal else taps // 2
    offsets = [((tap - first) * dilation,) for tap in range(taps)]
    return _convolve_within_reach(x_BLD, kernel_KD, offsets, (1,), (length,))


def convolve_depthwise_2d(x: Tensor, kernel: Tensor, strides: tuple[int, int] = (1, 1)) -> Tensor:
    """Convolve as `t2t_mm.layers.depthwise.convolve_depthwise_2d`."""
    rows, columns, channels = kernel.shape
    offsets = list(
        itertools.product(
            range(-(rows // 2), rows - rows // 2), range(-(columns // 2), columns - columns // 2)
        )
    )
    sizes = tuple(-(-size // stride) for size, stride in zip(x.shape[1:3], strides, strict=True))
    flat = jnp.reshape(kernel, (rows * columns, channels))
    return _convolve_within_reach(x, flat, offsets, tuple(strides), sizes)


def weigh_taps(taps_KBD: Tensor, kernel_KD: Tensor) -> Tensor:
    """Sum as `t2t_mm.layers.depthwise.weigh_taps`, in float32.

    XLA makes one pass of sums that are written out, and of a reduction a slow loop on a CPU.
    """
    terms = map(jnp.multiply, taps_KBD.astype("float32"), kernel_KD.astype("float32"))
    return functools.reduce(jnp.add, terms).astype(taps_KBD.dtype)


def _convolve_within_reach(
    x: Tensor,
    kernel_KC: Tensor,
    offsets: Sequence[tuple[int, ...]],
    strides: tuple[int, ...],
    sizes: tuple[int, ...],
) -> Tensor:
    """Convolve with the taps that reach any place."""
    places = x.shape[1:-1]
    reaching = [
        tap
        for tap, offset in enumerate(offsets)
        if all(abs(one) < size for one, size in zip(offset, places, strict=True))
    ]
    if not reaching:  # there is no place
        return jnp.zeros((x.shape[0], *sizes, x.shape[-1]), x.dtype)
    if len(reaching) < len(offsets):
        kernel_KC = kernel_KC[jnp.array(reaching)]
    taps = Taps(tuple(offsets[tap] for tap in reaching), strides, sizes)
    return _convolve(x, kernel_KC.astype(x.dtype), taps)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def _convolve(x: Tensor, kernel_KC: Tensor, taps: Taps) -> Tensor:
    return sum_taps(x, kernel_KC, taps)


def _convolve_forward(x: Tensor, kernel_KC: Tensor, taps: Taps) -> Any:
    return sum_taps(x, kernel_KC, taps), (x, kernel_KC)


def _convolve_backward(taps: Taps, kept: tuple[Tensor, Tensor], upstream: Tensor) -> Any:
    """Return the gradients: places and taps looked at the other way round."""
    x, kernel_KC = kept
    if set(taps.strides) == {1}:
        spread = upstream
    else:
        between = [(0, 0, stride - 1) for stride in taps.strides]
        zero = jnp.zeros((), upstream.dtype)
        spread = jax.lax.pad(upstream, zero, [(0, 0, 0), *between, (0, 0, 0)])
    offsets = tuple(tuple(-one for one in offset) for offset in taps.offsets)
    places = x.shape[1:-1]
    d_x = sum_taps(spread, kernel_KC, Taps(offsets, (1,) * len(places), places))
    return d_x, sum_products(x, upstream, taps).astype(kernel_KC.dtype)


_convolve.defvjp(_convolve_forward, _convolve_backward)


@functools.partial(jax.jit, static_argnums=2)
def sum_taps(x: Tensor, kernel_KC: Tensor, taps: Taps) -> Tensor:
    """Sum what each tap sees, times its weight; in float32.

    Args:
        x: float[B, ..., C], zero beyond its places.
        kernel_KC: float[K, C].
        taps: K of them.

    Returns:
        float[B, *taps.sizes, C].
    """
    weights = jnp.split(kernel_KC.astype("float32"), kernel_KC.shape[0])
    seen = _list_seen(x, taps)
    total = functools.reduce(jnp.add, map(jnp.multiply, seen, weights))
    return total.astype(x.dtype)


@functools.partial(jax.jit, static_argnums=2)
def sum_products(x: Tensor, upstream: Tensor, taps: Taps) -> Tensor:
    """Sum what each tap sees, times what comes back, over all places: float32[K, C].

    Each example's places first, then the examples of all taps at once: XLA would make a second
    kernel for each tap.
    """
    upstream = upstream.astype("float32")
    places = tuple(range(1, x.ndim - 1))
    parts = [jnp.sum(one * upstream, axis=places) for one in _list_seen(x, taps)]
    return jnp.sum(jnp.stack(parts), axis=1)


def _list_seen(x: Tensor, taps: Taps) -> list[Tensor]:
    """List what each tap sees: float32[B, *taps.sizes, C]."""
    places = x.shape[1:-1]
    before, widths = [], [(0, 0)]
    for axis, (place, stride, size) in enumerate(zip(places, *taps[1:], strict=True)):
        offsets = [offset[axis] for offset in taps.offsets]
        end = (size - 1) * stride + 1  # of what a tap without an offset sees
        before.append(max(0, -min(offsets)))
        widths.append((before[-1], max(0, max(offsets) + end - place)))
    padded = jnp.pad(x, [*widths, (0, 0)]).astype("float32")
    strides = (1, *taps.strides, 1)
    seen = []
    for offset in taps.offsets:
        starts = [start + one for start, one in zip(before, offset, strict=True)]
        ends = [
            start + (size - 1) * stride + 1
            for start, stride, size in zip(starts, *taps[1:], strict=True)
        ]
        limits = (x.shape[0], *ends, x.shape[-1])
        seen.append(jax.lax.slice(padded, (0, *starts, 0), limits, strides))
    return seen
