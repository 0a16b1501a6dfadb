"""TensorFlow graphs that are traced once, for batches of every size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def trace(function: Callable[..., Any], examples: Sequence[Any], jit_compile: bool = False) -> Any:
    """Return `function` as a graph that takes what is like the examples, of every size.

    It is traced here, not when it is called: TensorFlow takes the functions of one line of code
    for one, and would warn of retracing where a run has five signatures. Nor does a call then have
    to look up its graph, for which every variable would be hashed.

    Args:
        function: Takes as many arguments as there are examples.
        examples: Arrays, tensors or their specs, or dicts of them; every axis is left open, only
            rank and dtype are kept.
        jit_compile: Whether XLA compiles it, once more for every shape that it meets.

    Example:
        >>> double = trace(lambda batch: 2 * batch["x"], [{"x": tf.constant([1, 2])}])
        >>> double({"x": tf.constant([3, 4, 5])}).numpy().tolist()
        [6, 8, 10]
    """
    specs = tf.nest.map_structure(
        lambda example: tf.TensorSpec([None] * len(example.shape), example.dtype), examples
    )
    graph = tf.function(function, input_signature=specs, jit_compile=jit_compile or None)
    return graph.get_concrete_function()
