import keras
import numpy as np
import tensorflow as tf

from t2t_mm.layers.weights import read_weights


def test_variables_become_tensors_whose_gradient_reaches_them():
    variable = keras.Variable(np.arange(6.0).reshape(2, 3), dtype="float32")
    scalar = keras.Variable(2.0, dtype="float32")
    with tf.GradientTape() as tape:
        matrix, number = read_weights([variable, scalar])
        total = tf.reduce_sum(matrix) * number
    assert tf.is_tensor(matrix)
    assert not isinstance(matrix, tf.Variable)
    np.testing.assert_array_equal(matrix, variable.numpy())
    gradient, of_number = tape.gradient(total, [variable.value, scalar.value])
    np.testing.assert_array_equal(gradient, np.full((2, 3), 2.0))
    assert float(of_number) == 15.0
