"""Caches: what a causal layer remembers of earlier positions while it decodes step by step.

Every causal layer has, beside `call` for whole sequences, two methods:

    cache = layer.start_cache(...)                          # before the first position
    y_BD, cache = layer.decode_step(x_BD, cache, position)  # one position of every sequence

The steps give what `call` gives at the same positions. `position` is an int scalar that counts
from 0. A cache is a nest of tuples of tensors:

- axis 0 of every tensor is the batch, so that `take_rows` chooses and reorders hypotheses;
- a tensor keeps its shape from step to step; but an axis of size 0 at the start grows.

Axis letters: B batch, N rows taken, R places in a ring, D width.
"""

from typing import Any

import keras
from keras import ops

Tensor = Any
Cache = Any


def write_ring(ring_BRD: Tensor, x_BD: Tensor, slot: Tensor | int) -> Tensor:
    """Put one position of every sequence in the place of the oldest.

    Shifting would copy all R places. TensorFlow writes this one in place, also inside of a loop,
    where nothing reads the ring any more.

    Args:
        ring_BRD: float[B, R, D].
        x_BD: float[B, D].
        slot: int scalar in [0, R), the place.

    Returns:
        float[B, R, D].

    Example:
        >>> write_ring(ops.zeros((1, 3, 1)), ops.ones((1, 1)), 1).numpy().tolist()
        [[[0.0], [1.0], [0.0]]]
    """
    rows = ops.arange(ops.shape(x_BD)[0], dtype="int32")
    places = ops.stack([rows, ops.full_like(rows, slot)], axis=1)
    return ops.scatter_update(ring_BRD, places, x_BD)


def take_rows(cache: Cache, rows: Tensor) -> Cache:
    """Make the cache of a batch whose row i continues what row `rows[i]` was.

    Args:
        cache: A nest of tensors [B, ...].
        rows: int[N], each in [0, B); a row may be taken twice or not at all.

    Returns:
        The same nest of tensors [N, ...].

    Example:
        >>> (taken,) = take_rows((ops.array([[1.0], [2.0], [3.0]]),), [2, 0])
        >>> taken.numpy().tolist()
        [[3.0], [1.0]]
    """
    return keras.tree.map_structure(lambda tensor: ops.take(tensor, rows, axis=0), cache)
