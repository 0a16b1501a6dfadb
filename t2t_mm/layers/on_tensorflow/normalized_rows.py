"""Layer normalization whose gradient is sums by matrix products."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any


def normalize(x: Tensor, gain: Tensor, shift: Tensor, epsilon: float) -> Tensor:
    """Return what `t2t_mm.layers.normalization.normalize` does, in float32.

    Example:
        >>> gain, shift = tf.constant([2.0, 2.0]), tf.constant([1.0, 1.0])
        >>> normalize(tf.constant([[5.0, 9.0]]), gain, shift, 1e-6).numpy().round(3).tolist()
        [[-1.0, 3.0]]
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(x: Tensor, gain: Tensor, shift: Tensor) -> Any:
        centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
        scale = tf.math.rsqrt(variance + epsilon)
        normal = centred * scale

        def gradient(upstream: Tensor) -> tuple[Tensor, ...]:
            product = upstream * normal
            # Products with a column or a row add up: fewer operations than means of products, and
            # on the CPU several times as fast as a sum over rows.
            gain_D1 = gain[:, None] / x.shape[-1]
            mean, along = tf.matmul(upstream, gain_D1), tf.matmul(product, gain_D1)
            d_x = scale * (upstream * gain - mean - normal * along)
            ones = tf.reshape(tf.ones_like(scale), (1, -1))
            d_gain, d_shift = tf.matmul(ones, product), tf.matmul(ones, upstream)
            return d_x, tf.reshape(d_gain, [-1]), tf.reshape(d_shift, [-1])

        return normal * gain + shift, gradient

    normalized: Tensor = run(tf.cast(x, tf.float32), gain, shift)
    return normalized
