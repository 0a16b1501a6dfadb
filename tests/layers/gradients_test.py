import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from t2t_mm.layers.gradients import attach_gradient, back_propagate_relu, leave_gradients_out

ROOT = Path(__file__).parents[2]


@attach_gradient
def take_scaled(x, rows, factor):
    """Take rows, times a factor; the gradient is not the derived one, so that it is recognised."""

    def gradient(upstream):
        return 10.0 * upstream, None, 100.0 * ops.sum(upstream)

    return factor * ops.take(x, rows, axis=0), gradient


def output_and_gradients():
    x, rows, factor = tf.constant([1.0, 2.0]), tf.constant([1, 0]), tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch([x, factor])
        y = take_scaled(x, rows, factor)
        total = tf.reduce_sum(y * [1.0, 2.0])
    return y, *tape.gradient(total, [x, factor])


@pytest.mark.parametrize("run", [output_and_gradients, tf.function(output_and_gradients)])
def test_the_gradient_is_the_one_that_is_written_out(run):
    y, d_x, d_factor = run()
    np.testing.assert_array_equal(y, [6.0, 3.0])
    np.testing.assert_array_equal(d_x, [10.0, 20.0])
    assert float(d_factor) == 300.0


def test_where_gradients_are_left_out_the_result_is_the_same_and_the_gradient_derived():
    with leave_gradients_out():
        y, d_x, d_factor = output_and_gradients()
    np.testing.assert_array_equal(y, [6.0, 3.0])
    np.testing.assert_array_equal(tf.convert_to_tensor(d_x), [6.0, 3.0])
    assert float(d_factor) == 4.0
    assert float(output_and_gradients()[2]) == 300.0


def test_name_and_docstring_stay():
    assert take_scaled.__name__ == "take_scaled"
    assert inspect.getdoc(take_scaled).startswith("Take rows")


def test_a_relus_gradient_passes_where_its_result_is_above_zero():
    x, upstream = tf.constant([-1.0, 0.0, 2.0]), tf.constant([3.0, 4.0, -5.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.relu(x)
    found = back_propagate_relu(upstream, y)
    np.testing.assert_array_equal(found, [0.0, 0.0, -5.0])
    np.testing.assert_array_equal(found, tape.gradient(y, x, upstream))


ON_JAX = """
import jax
import numpy as np
from keras import ops
from t2t_mm.layers.gradients import attach_gradient, back_propagate_relu, leave_gradients_out

@attach_gradient
def take_scaled(x, rows, factor):
    def gradient(upstream):
        return 10.0 * upstream, None, 100.0 * ops.sum(upstream)
    return factor * ops.take(x, rows, axis=0), gradient

@jax.jit
def gradients(x, rows, factor):
    loss = lambda x, factor: (take_scaled(x, rows, factor) * np.array([1.0, 2.0])).sum()
    return jax.grad(loss, (0, 1))(x, factor)

d_x, d_factor = gradients(np.array([1.0, 2.0]), np.array([1, 0]), 3.0)
np.testing.assert_array_equal(d_x, [10.0, 20.0])
assert d_factor == 300.0
found = back_propagate_relu(np.array([3.0, 4.0, -5.0]), np.array([0.0, 0.0, 2.0]))
np.testing.assert_array_equal(found, [0.0, 0.0, -5.0])
"""


@pytest.mark.slow
def test_jax_takes_the_same_gradients():
    pytest.importorskip("jax")
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": str(ROOT),
        "JAX_PLATFORMS": "cpu",
    }
    subprocess.run([sys.executable, "-c", ON_JAX], env=environment, check=True, cwd=ROOT)
