"""Counts the multiplications and additions of matrix products and convolutions in a JAX program.

Under XLA experts run with room to spare, or in loops whose length only the data tells. What counts
is the useful work, that of the chosen experts: in their place stands a function that multiplies
nothing and says how many operations they would take.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from math import prod
from typing import Any
from unittest import mock


def count_operations(compute: Callable[..., Any], *arguments: Any) -> float:
    """Trace a computation and count its operations; nothing is computed.

    Args:
        compute: Of arrays.
        *arguments: Arrays, or nests of them.

    Returns:
        Operations, a multiplication and an addition being two; as `on_tensorflow.operations`
        counts them where TensorFlow runs.

    Example:
        >>> import jax.numpy as jnp
        >>> count_operations(jnp.matmul, jnp.ones([2, 3]), jnp.ones([3, 4]))
        48.0
    """
    import jax

    return float(_count(jax.make_jaxpr(compute)(*arguments).jaxpr))


@contextlib.contextmanager
def stand_in_for_experts(model: Any) -> Iterator[list[float]]:
    """Let the experts of a model take no operations; yield those that each call would take.

    The operations are of a forward and a backward pass: `expert_patterns.Shape` has the formula.
    """
    from t2t_mm.layers.dispatch import DISPATCHES

    counts: list[float] = []

    def run(
        x_ND: Any, experts_NK: Any, gates_NK: Any, w_in: Any, w_out: Any, *_: Any, **__: Any
    ) -> Any:
        slots = prod(experts_NK.shape)
        counts.append(6.0 * slots * 2 * prod(w_in[0].shape))
        return x_ND * gates_NK.sum(axis=1, keepdims=True)

    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "dispatch")]
    before = [layer.dispatch for layer in layers]
    with mock.patch.dict(DISPATCHES, {"dense": run}):
        try:
            for layer in layers:
                layer.dispatch = "dense"
            yield counts
        finally:
            for layer, dispatch in zip(layers, before, strict=True):
                layer.dispatch = dispatch


def _count(jaxpr: Any) -> float:
    """Count what a program does; a loop of unknown length counts once."""
    total = 0.0
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        if name in COUNTS:
            total += COUNTS[name](equation)
        elif equation.params.get("name") in CALLS:
            total += CALLS[equation.params["name"]](equation)
        elif name == "cond":
            total += max(_count(branch.jaxpr) for branch in equation.params["branches"])
        else:
            repeats = equation.params["length"] if name == "scan" else 1
            total += repeats * sum(_count(inner) for inner in _list_programs(equation))
    return total


def _list_programs(equation: Any) -> Iterator[Any]:
    """List the programs within an equation."""
    for value in equation.params.values():
        for one in value if isinstance(value, tuple | list) else (value,):
            inner = getattr(one, "jaxpr", one)
            if hasattr(inner, "eqns"):
                yield inner


def _count_product(equation: Any) -> float:
    (contracted, _), _ = equation.params["dimension_numbers"]
    inner = prod(equation.invars[0].aval.shape[axis] for axis in contracted)
    return float(2 * prod(equation.outvars[0].aval.shape) * inner)


def _count_convolution(equation: Any) -> float:
    """Count: an output value sums over taps and input channels, but for zeros between inputs."""
    parameters = equation.params
    kernel = equation.invars[1].aval.shape
    _, channels, *places = parameters["dimension_numbers"].rhs_spec
    per_value = kernel[channels] * prod(kernel[axis] for axis in places)
    between = prod(parameters["lhs_dilation"])
    return float(2 * prod(equation.outvars[0].aval.shape) * per_value / between)


def _count_taps(equation: Any) -> float:
    """Count a depthwise convolution as a sum over its taps."""
    taps = equation.invars[1].aval.shape[0]
    return float(2 * prod(equation.outvars[0].aval.shape) * taps)


def _count_tap_products(equation: Any) -> float:
    """Count the gradient of a depthwise kernel."""
    taps = equation.outvars[0].aval.shape[0]
    return float(2 * prod(equation.invars[1].aval.shape) * taps)


COUNTS: dict[str, Callable[[Any], float]] = {
    "dot_general": _count_product,
    "conv_general_dilated": _count_convolution,
}
CALLS: dict[str, Callable[[Any], float]] = {
    "sum_taps": _count_taps,
    "sum_products": _count_tap_products,
}
"""Convolutions of `t2t_mm.layers.on_jax` that are no operation, by the name of the function."""
