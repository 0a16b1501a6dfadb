"""One operation of TensorFlow's in place of several, which would each read and write all rows."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any

EPSILON = 1e-3
"""What TensorFlow's batch norm adds to a variance; here the variance has that less."""


def back_propagate_relu(upstream: Tensor, rectified: Tensor) -> Tensor:
    """Return what `t2t_mm.layers.gradients.back_propagate_relu` does.

    Example:
        >>> back_propagate_relu(tf.constant([5.0, 5.0]), tf.constant([0.0, 2.0])).numpy().tolist()
        [0.0, 5.0]
    """
    return tf.raw_ops.ReluGrad(gradients=upstream, features=rectified)


def find_largest(values: Tensor) -> Tensor:
    """Return what `t2t_mm.search.greedy_search.find_largest` does.

    Example:
        >>> find_largest(tf.constant([[1.0, 3.0, 2.0]])).numpy().tolist()
        [1]
    """
    return tf.argmax(values, axis=-1, output_type=tf.int32)


def scale_and_shift(rows: Tensor, slope: Tensor, shift: Tensor) -> Tensor:
    """Compute what `t2t_mm.layers.batch_norm.scale_and_shift` does, by TensorFlow's batch norm.

    Example:
        >>> rows = tf.constant([[1.0], [2.0]])
        >>> scale_and_shift(rows, tf.constant([3.0]), tf.constant([1.0])).numpy().tolist()
        [[4.0], [7.0]]
    """
    out = tf.raw_ops.FusedBatchNormV3(
        x=rows[:, None, None, :],
        scale=slope,
        offset=shift,
        mean=tf.zeros_like(slope),
        variance=tf.ones_like(slope) - EPSILON,
        epsilon=EPSILON,
        is_training=False,
    )
    return out.y[:, 0, 0, :]
