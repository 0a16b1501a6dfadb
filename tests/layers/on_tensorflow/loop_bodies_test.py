import numpy as np
import tensorflow as tf

from t2t_mm.layers.on_tensorflow.loop_bodies import compute_before_loop, is_loop_body


def test_what_is_computed_before_a_loop_is_computed_once():
    table, times = tf.Variable([[1.0, 2.0]]), tf.Variable(0)

    def read_table():
        times.assign_add(1)
        return tf.transpose(table)

    @tf.function
    def count(rounds):
        def body(i, total):
            assert is_loop_body()
            return i + 1, total + compute_before_loop(read_table)

        return tf.while_loop(lambda i, total: i < rounds, body, (0, tf.zeros([2, 1])))[1]

    np.testing.assert_array_equal(count(tf.constant(5)), [[5.0], [10.0]])
    assert int(times) == 1
    table.assign([[3.0, 0.0]])  # of each call, not of the tracing
    np.testing.assert_array_equal(count(tf.constant(2)), [[6.0], [0.0]])


def test_outside_of_a_loop_nothing_is_computed():
    computed = tf.function(lambda: compute_before_loop(lambda: tf.ones([])) is None)
    assert computed() and not is_loop_body()
    assert compute_before_loop(lambda: tf.ones([])) is None
