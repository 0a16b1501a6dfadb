"""Caches that are written where they lie: other operations copy all of a cache at every write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from keras import ops

from t2t_mm.layers.on_tensorflow.xla_context import runs_plain_graphs

Tensor = Any


def make_zeros(shape: Sequence[Any], dtype: str) -> Tensor:
    """Make zeros as `t2t_mm.layers.caching.make_zeros`.

    Of equal constants TensorFlow keeps one, and writing into it would write into all of them.

    Example:
        >>> make_zeros([2], "float32").numpy().tolist()
        [0.0, 0.0]
    """
    if not runs_plain_graphs():
        return tf.zeros(shape, dtype)
    return tf.raw_ops.Empty(shape=shape, dtype=tf.as_dtype(dtype), init=True)


def write_position(cache: Tensor, position: Tensor | int, row: Tensor) -> Tensor:
    """Write as `t2t_mm.layers.caching.write_position`; in a graph into the memory of `cache`.

    Example:
        >>> write_position(tf.zeros([3, 1]), 1, tf.ones([1])).numpy().tolist()
        [[0.0], [1.0], [0.0]]
    """
    if tf.executing_eagerly() or not runs_plain_graphs():
        start = tf.stack([position] + [0] * len(row.shape))
        return ops.slice_update(cache, start, tf.expand_dims(row, 0))
    return tf.raw_ops.InplaceUpdate(x=cache, i=tf.reshape(position, [1]), v=tf.expand_dims(row, 0))


def write_heads(caches: Sequence[Tensor], position: Tensor | int, heads: Sequence[Tensor]) -> Any:
    """Write as `t2t_mm.layers.caching.write_heads`; in a graph into the memory of the caches.

    Example:
        >>> [cache] = write_heads([tf.zeros([1, 1, 3, 1])], 1, [tf.ones([1, 1, 1, 1])])
        >>> cache[0, 0].numpy().tolist()
        [[0.0], [1.0], [0.0]]
    """
    if tf.executing_eagerly() or not runs_plain_graphs():
        start = tf.stack([0, 0, position * heads[0].shape[2], 0])
        pairs = zip(caches, heads, strict=True)
        return [ops.slice_update(cache, start, row) for cache, row in pairs]
    sizes, (*_, count, channels) = tf.shape(caches[0]), heads[0].shape
    rows = [tf.reshape(part, [-1, count * channels]) for part in (*caches, *heads)]
    places = tf.range(position, tf.shape(rows[0])[0], sizes[2] // count)  # one of each head's T
    pairs = zip(rows[: len(caches)], rows[len(caches) :], strict=True)
    written = [tf.raw_ops.InplaceUpdate(x=cache, i=places, v=row) for cache, row in pairs]
    return [tf.reshape(part, sizes) for part in written]


def read_places(rows: Tensor, places: Tensor) -> Tensor:
    """Gather as `t2t_mm.layers.caching.read_places`, in one operation.

    Example:
        >>> read_places(tf.constant([5.0, 6.0]), tf.constant([1, 0, 1])).numpy().tolist()
        [6.0, 5.0, 6.0]
    """
    return tf.gather(rows, places)


def finish_reading(cache: Tensor, result: Tensor) -> Tensor:
    """Return a cache as `t2t_mm.layers.caching.finish_reading`, after what computes `result`.

    Example:
        >>> finish_reading(tf.ones([2]), 2.0 * tf.ones([2])).numpy().tolist()
        [1.0, 1.0]
    """
    with tf.control_dependencies([result]):
        return tf.identity(cache)
