"""Whether XLA compiles what is being traced."""

from __future__ import annotations

import tensorflow as tf
from tensorflow.python.ops import control_flow_util  # nothing public says so


def runs_plain_graphs() -> bool:
    """Return whether TensorFlow itself runs the operations, not XLA by `jit_compile`.

    Example:
        >>> runs_plain_graphs(), bool(tf.function(runs_plain_graphs, jit_compile=True)())
        (True, False)
    """
    graph = tf.compat.v1.get_default_graph()
    return not control_flow_util.GraphOrParentsInXlaContext(graph)
