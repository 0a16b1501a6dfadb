"""Runs a causal layer step by step, as a search does: in a loop of a graph."""

import tensorflow as tf


def step_through(decode_step, cache, x, start=0):
    """Feeds [B, T, ...] position by position, after `start` positions that the cache knows.

    Returns: float[B, T, ...], what the steps gave, and the cache after the last.
    """

    x = tf.convert_to_tensor(x)

    def step(time, cache, outs):
        y, cache = decode_step(x[:, time], cache, start + time)
        return time + 1, cache, outs.write(time, y)

    def open_shape(tensor):
        return tf.TensorShape([None if size == start else size for size in tensor.shape])

    def run(cache):
        outs = tf.TensorArray(tf.float32, x.shape[1])
        shapes = tf.TensorShape([]), tf.nest.map_structure(open_shape, cache), tf.TensorShape(None)
        _, cache, outs = tf.while_loop(
            lambda time, *_: time < x.shape[1], step, (tf.constant(0), cache, outs), shapes
        )
        stacked = outs.stack()
        return tf.transpose(stacked, [1, 0, *range(2, len(stacked.shape))]), cache

    return tf.function(run, autograph=False)(cache)
