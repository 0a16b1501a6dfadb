"""TensorFlow graphs that are traced once, for batches of every size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf


def open_shape(tensor: tf.Tensor) -> tf.TensorShape:
    """Return the shape of what a loop carries: an axis that is empty at the start may grow."""
    return tf.TensorShape([size or None for size in tensor.shape])


def any_shape(batch: Mapping[str, Any]) -> dict[str, tf.TensorSpec]:
    """Return the specs of a batch with every axis left open; only rank and dtype are kept."""
    return {
        name: tf.TensorSpec([None] * len(tensor.shape), tensor.dtype)
        for name, tensor in batch.items()
    }


def traced(function: Callable[..., Any], specs: Sequence[Any], jit_compile: bool = False) -> Any:
    """Return `function` as a graph, traced for `specs` and for nothing else.

    It is traced here, not when it is called: TensorFlow takes the functions of one line of code
    for one, and would warn of retracing where a run has five signatures. Nor does a call then have
    to look up its graph, for which every variable would be hashed.

    Args:
        function: Takes as many arguments as there are specs.
        specs: `tf.TensorSpec`s, or dicts of them.
        jit_compile: Whether XLA compiles it, once more for every shape that it meets.
    """
    graph = tf.function(function, input_signature=specs, jit_compile=jit_compile or None)
    return graph.get_concrete_function()
