"""What a loop's body needs in every round, computed before the loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.ops.control_flow_v2_func_graphs import WhileBodyFuncGraph  # nothing public

Tensor = Any


def is_loop_body() -> bool:
    """Return whether the body of a loop is being traced, as of a search.

    Example:
        >>> is_loop_body()
        False
    """
    return isinstance(tf.compat.v1.get_default_graph(), WhileBodyFuncGraph)


def compute_before_loop(compute: Callable[[], Tensor]) -> Tensor | None:
    """Return what `t2t_mm.layers.weights.compute_before_loop` does.

    Example:
        >>> def double(total):
        ...     return total + compute_before_loop(lambda: 2.0 * tf.ones([]))
        >>> run = tf.function(lambda: tf.while_loop(lambda total: total < 5.0, double, [0.0]))
        >>> run()[0].numpy()
        np.float32(6.0)
    """
    if not is_loop_body():
        return None
    with tf.compat.v1.get_default_graph().outer_graph.as_default():
        return compute()
