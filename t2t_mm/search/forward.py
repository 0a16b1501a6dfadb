"""Forward functions: what reads a model and changes nothing, compiled on either backend."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from t2t_mm.layers.forms import is_on_tensorflow
from t2t_mm.layers.gradients import leave_gradients_out


def compile_forward(
    model: Any, function: Callable[..., Any], examples: Sequence[Any], *, jit_compile: bool = False
) -> Any:
    """Compile a function that reads a model.

    On TensorFlow it is traced once, here, for arguments of every size (see `tracing.trace`). On
    JAX a program is compiled when it is first called with arguments of some shapes, once, whatever
    threads call it: give it few.

    Args:
        model: A built layer. Its weights may change between two calls.
        function: Takes as many arguments as there are examples: tensors, or dicts of them.
        examples: Arrays of the ranks and dtypes of the arguments, or what `describe_results` gives.
        jit_compile: Whether XLA compiles it on TensorFlow, too, for arguments of each shape.

    Returns:
        A function of arrays that returns what `function` returns, as the backend's tensors.

    Example:
        >>> layer = keras.layers.Rescaling(2)
        >>> double = compile_forward(layer, layer, [np.ones(2, np.float32)])
        >>> double(np.ones(3, np.float32)).numpy().tolist()
        [2.0, 2.0, 2.0]
    """

    @functools.wraps(function)
    def run(*arguments: Any) -> Any:
        with leave_gradients_out():
            return function(*arguments)

    if is_on_tensorflow():
        from t2t_mm.search.tracing import trace

        return trace(run, examples, jit_compile)
    return _compile_on_jax(model, run)


def describe_results(compiled: Any) -> Any:
    """Describe what a compiled function returns, as an example for another that takes it.

    Args:
        compiled: From `compile_forward`.

    Returns:
        On TensorFlow specs, an axis of no size being open; nothing on JAX, which needs none.
    """
    if not is_on_tensorflow():
        return None
    from t2t_mm.search.tracing import describe_outputs

    return describe_outputs(compiled)


def _compile_on_jax(model: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile with the weights as arguments: as constants they would never change."""
    import jax

    variables = list(model.variables)

    @jax.jit
    def run(values: list[Any], arguments: tuple[Any, ...]) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*arguments)

    def read(argument: Any) -> Any:
        return argument if isinstance(argument, jax.Array) else np.asarray(argument)

    def call(*arguments: Any) -> Any:
        arrays = keras.tree.map_structure(read, arguments)
        return run([variable.value for variable in variables], arrays)

    return call
