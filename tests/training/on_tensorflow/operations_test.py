import tensorflow as tf

from t2t_mm.training.on_tensorflow.operations import count_operations


def test_products_count_whatever_is_transposed():
    a, b = tf.ones([2, 3]), tf.ones([3, 4])
    assert count_operations(lambda: tf.matmul(a, b)) == 2 * 2 * 3 * 4
    assert count_operations(lambda: tf.matmul(b, a, True, True)) == 2 * 4 * 3 * 2
    batch = tf.ones([5, 3, 2])
    assert count_operations(lambda: tf.matmul(batch, batch, adjoint_a=True)) == 2 * 5 * 2 * 3 * 2


def test_shapes_are_those_at_run_time():
    rows = tf.Variable(tf.ones([6, 3]), shape=[None, 3])
    weights = tf.ones([3, 4])
    assert count_operations(lambda: tf.matmul(rows[:4], weights)) == 2 * 4 * 3 * 4


def test_a_convolution_costs_three_times_as_much_with_both_gradients():
    x, kernel = tf.ones([2, 8, 8, 3]), tf.ones([3, 3, 3, 5])
    forward = 2 * (2 * 8 * 8 * 5) * (3 * 3 * 3)
    assert count_operations(lambda: tf.nn.conv2d(x, kernel, 1, "SAME")) == forward

    def both():
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = tf.nn.conv2d(x, kernel, 1, "SAME")
        return tape.gradient(y, [x, kernel])

    assert count_operations(both) == 3 * forward


def test_a_depthwise_convolution_sums_over_its_taps_only():
    x, kernel = tf.ones([2, 8, 1, 6]), tf.ones([3, 1, 6, 1])

    def both():
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "SAME")
        return tape.gradient(y, [x, kernel])

    assert count_operations(both) == 3 * 2 * (2 * 8 * 6) * 3
    assert count_operations(lambda: tf.nn.relu(x) + 1.0) == 0
