"""Adam and clipping as pure functions: what every backend's own form is tested against.

State in, state out, on the tensors of Keras's backend. Each variable, or each row of a table,
counts its own updates.

Source: Kingma and Ba 2015, Algorithm 1; clipping by Pascanu et al. 2013; weight decay by Loshchilov
and Hutter 2019, Algorithm 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from keras import ops

from t2t_mm.settings import OptimizerHParams

Tensor = Any


class AdamState(NamedTuple):
    """What Adam remembers of one variable.

    Attributes:
        first_moment: float[...], like the variable.
        second_moment: float[...], like the variable.
        count: int scalar, its updates so far; int[R] for a table of R rows that count for
            themselves.
    """

    first_moment: Tensor
    second_moment: Tensor
    count: Tensor


def measure_norm(gradients: Iterable[Tensor]) -> Tensor:
    """Return the root of the sum of all squares, a scalar; 0 where all is frozen.

    Example:
        >>> float(measure_norm([ops.array([3.0]), ops.array([[4.0]])]))
        5.0
    """
    squares = [ops.sum(ops.square(one)) for one in gradients] or [ops.zeros((), "float32")]
    return ops.sqrt(ops.sum(ops.stack(squares)))


def find_clip_factor(norm: Tensor, clip_norm: float) -> Tensor:
    """Return by what gradients of this norm are multiplied; a bound of 0 clips nothing.

    Example:
        >>> [float(find_clip_factor(ops.array(norm), 2.0)) for norm in (1.0, 8.0)]
        [1.0, 0.25]
    """
    return ops.minimum(1.0, clip_norm / norm) if clip_norm else ops.ones_like(norm)


def update_variable(
    value: Tensor,
    state: AdamState,
    gradient: Tensor,
    is_reached: Tensor | bool,
    learning_rate: Tensor | float,
    hparams: OptimizerHParams,
) -> tuple[Tensor, AdamState]:
    """Make one update of one variable; what is not reached stays as it is, its count too.

    With a count for all variables, a net first met after hundreds of steps of other problems would
    take first steps of another size than Adam means them to be.

    Args:
        value: float[...], the variable.
        state: Its moments and count.
        gradient: float[...], clipped.
        is_reached: bool scalar, or bool[R] for a table whose rows count for themselves.
        learning_rate: Of this step.
        hparams: Decays and epsilon. The weight decay is of matrices alone: of what has two axes or
            more beside rows that count for themselves.

    Returns:
        The variable and its state after the update.

    Example:
        >>> zeros = ops.zeros((2, 1))
        >>> state = AdamState(zeros, zeros, ops.zeros((2,), "int32"))
        >>> reached = ops.array([True, False])
        >>> table, state = update_variable(
        ...     zeros, state, ops.ones((2, 1)), reached, 0.5, OptimizerHParams())
        >>> table.numpy().ravel().round(4).tolist(), state.count.numpy().tolist()
        ([-0.5, 0.0], [1, 0])
    """
    is_reached = ops.convert_to_tensor(is_reached)
    count = state.count + ops.cast(is_reached, state.count.dtype)
    steps = ops.cast(ops.maximum(count, 1), "float32")
    correction = ops.sqrt(1.0 - hparams.beta2**steps) / (1.0 - hparams.beta1**steps)
    size, kept = _put_beside(learning_rate * correction, value), _put_beside(is_reached, value)
    # Moments move by nothing: choosing each of their numbers took JAX 6% of a step on a CPU.
    gradient, moves = ops.where(kept, gradient, 0.0), ops.cast(kept, "float32")
    first = state.first_moment + (1.0 - hparams.beta1) * moves * (gradient - state.first_moment)
    second = state.second_moment + (1.0 - hparams.beta2) * moves * (
        ops.square(gradient) - state.second_moment
    )
    is_matrix = len(value.shape) - len(state.count.shape) > 1
    left = 1.0 - learning_rate * hparams.weight_decay if hparams.weight_decay and is_matrix else 1.0
    moved = left * value - size * first / (ops.sqrt(second) + hparams.epsilon)
    return ops.where(kept, moved, value), AdamState(first, second, count)


def update_variables(
    values: Mapping[str, Tensor],
    states: Mapping[str, AdamState],
    gradients: Mapping[str, Tensor],
    reached: Mapping[str, Tensor | bool],
    learning_rate: Tensor | float,
    hparams: OptimizerHParams,
) -> tuple[dict[str, Tensor], dict[str, AdamState], Tensor]:
    """Clip all gradients by their common norm and make one update of every variable.

    Where the norm is not finite nothing is updated: all stays as it is, to the last bit.

    Args:
        values: The variables by name.
        states: Their states by name.
        gradients: By name; zero where a batch does not reach.
        reached: By name, see `update_variable`.
        learning_rate: Of this step.
        hparams: Decays, epsilon and the bound of the norm.

    Returns:
        The variables and their states after the update, and the norm before clipping.
    """
    norm = measure_norm(gradients.values())
    factor, is_finite = find_clip_factor(norm, hparams.clip_norm), ops.isfinite(norm)
    updated = {
        name: update_variable(
            value,
            states[name],
            gradients[name] * factor,
            ops.logical_and(reached[name], is_finite),
            learning_rate,
            hparams,
        )
        for name, value in values.items()
    }
    new_values = {name: value for name, (value, _) in updated.items()}
    return new_values, {name: state for name, (_, state) in updated.items()}, norm


def _put_beside(numbers: Tensor, value: Tensor) -> Tensor:
    """Reshape a scalar, or numbers of rows, so that they spread over the variable."""
    return ops.reshape(numbers, (*numbers.shape, *[1] * (len(value.shape) - len(numbers.shape))))
