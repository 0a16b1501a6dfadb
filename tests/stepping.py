"""Runs a causal layer step by step, as a search does: in a loop of a graph."""

import tensorflow as tf

from t2t_mm.layers.caching import grow


def step_through(decode_step, cache, x, start=0):
    """Feeds [B, T, ...] position by position, after `start` positions that the cache knows.

    Returns: float[B, T, ...], what the steps gave, and the cache after the last.
    """
    x = tf.convert_to_tensor(x)

    def step(time, cache, outs):
        y, cache = decode_step(x[:, time], cache, start + time)
        return time + 1, cache, outs.write(time, y)

    def run(cache):
        outs = tf.TensorArray(tf.float32, x.shape[1])
        for _ in range(0 if start else 4):  # room for 256
            cache = grow(cache)
        # Of x every step is known before the one before it: nothing may be overtaken.
        _, cache, outs = tf.while_loop(
            lambda time, *_: time < x.shape[1], step, (tf.constant(0), cache, outs)
        )
        stacked = outs.stack()
        return tf.transpose(stacked, [1, 0, *range(2, len(stacked.shape))]), cache

    return tf.function(run, autograph=False)(cache)
