"""Noise of which two values share the 32 bits of one random number: two thirds of the time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

Tensor = Any


def draw_levels(shape: Sequence[Any], noise: keras.random.SeedGenerator) -> Tensor:
    """Draw integers in [0, 2**16) as `t2t_mm.layers.dropout.draw_levels` does, others than it.

    Example:
        >>> draw_levels([2, 3], keras.random.SeedGenerator(1)).shape
        TensorShape([2, 3])
    """
    extents = tf.convert_to_tensor(shape)
    size = tf.reduce_prod(extents)
    words = tf.random.stateless_uniform(
        [(size + 1) // 2], tf.cast(noise.next(), tf.int32), None, None, tf.uint32
    )
    levels = tf.reshape(tf.bitcast(words, tf.uint16), [-1])
    return tf.reshape(tf.slice(levels, [0], [size]), extents)
