"""Small variables of one shape, updated as rows of one table: fewer operations to wait for.

A model has hundreds of gains, shifts and kernels of a few thousand numbers. One by one, their
updates and norms were two thirds of what a GPU is asked to start in a step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import prod
from typing import Any

from keras import ops

from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.adam import AdamState, measure_norm, update_variables

Tensor = Any
Tensors = dict[str, Tensor]

LARGEST = 2**13
"""Elements of a variable that is small: to copy it costs less than an operation more."""


def update_alike(
    values: Mapping[str, Tensor],
    states: Mapping[str, AdamState],
    gradients: Mapping[str, Tensor],
    reached: Mapping[str, Tensor | bool],
    learning_rate: Tensor | float,
    hparams: OptimizerHParams,
) -> tuple[Tensors, dict[str, AdamState], Tensor]:
    """Make the updates of `update_variables`, whose arguments and results it has.

    Example:
        >>> zeros, hparams = ops.zeros((2,)), OptimizerHParams(epsilon=1e-30)
        >>> state = AdamState(zeros, zeros, ops.zeros((), "int32"))
        >>> new, states, norm = update_alike(
        ...     {"a": zeros, "b": zeros}, {"a": state, "b": state},
        ...     {"a": ops.ones((2,)), "b": -ops.ones((2,))}, {"a": True, "b": True}, 0.5, hparams)
        >>> [new[name].numpy().round(3).tolist() for name in "ab"], int(states["a"].count)
        ([[-0.5, -0.5], [0.5, 0.5]], 1)
    """
    tables = {name for name, state in states.items() if len(state.count.shape) > 0}
    groups = _group_by_shape(values, tables)

    def stack(tensors: Mapping[str, Any]) -> Tensors:
        return _stack(tensors, groups)

    fields = [stack({n: state[i] for n, state in states.items()}) for i in range(3)]
    stacked = {key: AdamState(*(field[key] for field in fields)) for key in groups}
    new_values, new_states, norm = update_variables(
        stack(values), stacked, stack(gradients), stack(reached), learning_rate, hparams
    )

    def unstack(tensors: Mapping[str, Tensor]) -> Tensors:
        return {
            name: tensors[key][row] if len(names) > 1 else tensors[key]
            for key, names in groups.items()
            for row, name in enumerate(names)
        }

    fields = [unstack({key: state[i] for key, state in new_states.items()}) for i in range(3)]
    states = {name: AdamState(*(field[name] for field in fields)) for name in values}
    return unstack(new_values), states, norm


def measure_norm_alike(gradients: Mapping[str, Tensor]) -> Tensor:
    """Return the norm that `measure_norm` measures.

    Example:
        >>> gradients = {"a": ops.array([3.0]), "b": ops.array([4.0]), "c": ops.zeros((2, 2))}
        >>> float(measure_norm_alike(gradients))
        5.0
    """
    return measure_norm(_stack(gradients, _group_by_shape(gradients)).values())


def _stack(tensors: Mapping[str, Any], groups: Mapping[str, list[str]]) -> Tensors:
    return {
        key: ops.stack([ops.convert_to_tensor(tensors[name]) for name in names])
        if len(names) > 1
        else tensors[key]
        for key, names in groups.items()
    }


def _group_by_shape(
    values: Mapping[str, Tensor], tables: Collection[str] = ()
) -> dict[str, list[str]]:
    """List the names that are stacked, by the first of them; large ones and tables are alone."""
    found: dict[Any, list[str]] = {}
    for name, value in values.items():
        is_alone = prod(value.shape) > LARGEST or name in tables
        found.setdefault(name if is_alone else tuple(value.shape), []).append(name)
    return {names[0]: names for names in found.values()}
