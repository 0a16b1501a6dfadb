"""TensorFlow's caches: written where they lie, in a loop too."""

import numpy as np
import tensorflow as tf

from t2t_mm.layers.on_tensorflow.in_place import (
    finish_reading,
    make_zeros,
    read_places,
    write_position,
)


def test_a_cache_that_is_read_in_a_loop_is_written_only_afterwards():
    """Each step reads all that is there and does not wait for the one before it."""

    @tf.function(autograph=False)
    def sum_up(length):
        def step(position, cache, sums):
            cache = write_position(cache, position, tf.ones([1000]))
            sum_so_far = tf.reduce_sum(tf.sort(tf.reduce_sum(cache, axis=0)))
            sums = sums.write(position, sum_so_far)
            return position + 1, finish_reading(cache, sum_so_far), sums

        start = make_zeros([length, 1000], "float32")
        sums = tf.TensorArray(tf.float32, length)
        return tf.while_loop(lambda position, *_: position < length, step, (0, start, sums))[
            2
        ].stack()

    expected = 1000.0 * np.arange(1, 31)
    for _ in range(5):
        np.testing.assert_array_equal(sum_up(30), expected)


def test_under_xla_nothing_is_written_into():
    @tf.function(jit_compile=True)
    def write(cache):
        zeros = make_zeros([2], "float32")
        return write_position(cache, 1, tf.constant(5.0)) + zeros, cache

    written, before = write(tf.constant([1.0, 2.0]))
    assert written.numpy().tolist() == [1.0, 5.0] and before.numpy().tolist() == [1.0, 2.0]


def test_places_are_read_in_their_order():
    assert read_places(tf.constant([5.0, 6.0]), tf.constant([1, 0])).numpy().tolist() == [6.0, 5.0]
