"""TensorFlow graphs that are traced once, for batches of every size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def trace(function: Callable[..., Any], examples: Sequence[Any], jit_compile: bool = False) -> Any:
    """Return `function` as a graph that takes what is like the examples, of every size.

    Python's `if` and `for` are not turned into operations of the graph: `keras.ops` has some that
    both backends know, and without AutoGraph tracing takes two thirds of the time.

    It is traced here, not when it is called: TensorFlow takes the functions of one line of code
    for one, and would warn of retracing where a run has five signatures. Nor does a call then have
    to look up its graph, for which every variable would be hashed.

    Args:
        function: Takes as many arguments as there are examples.
        examples: Arrays, tensors or specs, or nests of them. Of arrays and tensors only rank and
            dtype are kept, every axis is left open; specs are kept as they are.
        jit_compile: Whether XLA compiles it, once more for every shape that it meets.

    Example:
        >>> double = trace(lambda batch: 2 * batch["x"], [{"x": tf.constant([1, 2])}])
        >>> double({"x": tf.constant([3, 4, 5])}).numpy().tolist()
        [6, 8, 10]
    """
    specs = tf.nest.map_structure(_make_spec, examples)
    graph = tf.function(
        function, input_signature=specs, autograph=False, jit_compile=jit_compile or None
    )
    return graph.get_concrete_function()


def _make_spec(example: Any) -> tf.TensorSpec:
    if isinstance(example, tf.TensorSpec):
        return example
    return tf.TensorSpec([None] * len(example.shape), example.dtype)


def describe_outputs(graph: Any) -> Any:
    """Return the specs of what a graph returns, for another that takes it.

    An axis of no size is left open: it is there to grow.

    Args:
        graph: From `trace`.

    Example:
        >>> describe_outputs(trace(lambda x: tf.zeros([0, 2]), [tf.ones([3])]))
        TensorSpec(shape=(None, 2), dtype=tf.float32, name=None)
    """
    return tf.nest.map_structure(
        lambda output: tf.TensorSpec([size or None for size in output.shape], output.dtype),
        graph.structured_outputs,
    )


def repeat_in_graph(
    body: Callable[[Any], Any], state: Any, is_running: Callable[[Any], tf.Tensor]
) -> Any:
    """Repeat `body` inside a graph; axes that have no size at first may grow from turn to turn.

    Args:
        body: Takes a state and returns the next.
        state: The first, a nest of tensors.
        is_running: Whether a state has a next one, bool[].

    Example:
        >>> def grow(state):
        ...     return (tf.concat([state[0], [tf.size(state[0])]], 0),)
        >>> grown = trace(lambda most: repeat_in_graph(grow, (tf.zeros([0], tf.int32),),
        ...                                            lambda state: tf.size(state[0]) < most),
        ...               [tf.constant(0)])
        >>> grown(tf.constant(3))[0].numpy().tolist()
        [0, 1, 2]
    """
    shapes = tf.nest.map_structure(
        lambda tensor: tf.TensorShape([size or None for size in tensor.shape]), state
    )
    (end,) = tf.while_loop(
        is_running, lambda state: (body(state),), (state,), shape_invariants=(shapes,)
    )
    return end
