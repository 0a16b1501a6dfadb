"""Adam's updates of variables, made at once or postponed until the next step reads the variables.

An update moves memory and hardly computes; a forward pass computes, in a chain of operations too
small for all cores. So the update of a large variable may wait for the next step, in which one core
makes it while others compute with the variables before it. Nothing is ever computed with a variable
whose update waits: the numbers are those of updates made at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

Numbers = Mapping[str, Any]
"""The scalars of updates by name; float32[variables], or of one variable."""

NEUTRAL = {
    "factor": 0.0,
    "beta1_power": 0.0,
    "beta2_power": 0.0,
    "lr": 0.0,
    "beta1": 1.0,
    "beta2": 1.0,
    "epsilon": 1.0,
}
"""Numbers with which an update changes nothing, to the last bit, whatever the gradient."""


class Updates:
    """Makes the updates of an optimizer's variables; gradients may wait, with their numbers.

    In a traced function, `carry_out` comes before anything reads the variables, and `make` after
    the gradients are known; `make_room` comes before such a function is traced, and before each
    call of it.

    Args:
        variables: All variables of the optimizer.
    """

    def __init__(self, variables: Sequence[tf.Variable]) -> None:
        self.variables = list(variables)
        self.first_moments = [make_zeros_beside(variable) for variable in variables]
        self.second_moments = [make_zeros_beside(variable) for variable in variables]
        self._gradients: dict[int, tf.Variable] = {}
        # TensorFlow's graph optimizer believes that a variable has the shape of what is assigned
        # to it anywhere in the graph, if that shape is known: it is not to know this one.
        self._nothing = _make_variable_of_any_shape(tf.zeros([0]))
        self._waiting: set[int] = set()
        self._numbers = tf.Variable(self._repeat_neutral(), trainable=False)

    def _repeat_neutral(self) -> Any:
        numbers = np.array([*NEUTRAL.values()], np.float32)
        return np.repeat(numbers[:, np.newaxis], len(self.variables), axis=1)

    def make_room(self, indices: Iterable[int]) -> None:
        """Let something wait for each of these variables: an update that changes nothing."""
        for i in set(indices) - self._waiting:
            with tf.device(self.variables[i].device):
                zeros = tf.zeros_like(self.variables[i])
                if i in self._gradients:
                    self._gradients[i].assign(zeros)
                else:
                    self._gradients[i] = _make_variable_of_any_shape(zeros)
            self._waiting.add(i)

    def carry_out(self, indices: Iterable[int]) -> None:
        """Make the waiting updates of these variables one after the other, in this order.

        In a graph, one core (of each device) goes through them while the others compute with what
        is up to date. What waited is emptied first, so that the gradient is clipped in its place
        and its memory is free as soon as its update is made.
        """
        nothing = self._nothing.read_value()
        rows = tf.unstack(self._numbers)
        columns = dict(zip(NEUTRAL, (tf.unstack(row) for row in rows), strict=True))
        last: dict[str, list[Any]] = {}
        for i in indices:
            device = self.variables[i].device
            numbers = {name: values[i] for name, values in columns.items()}
            with tf.control_dependencies(last.get(device, [])):
                gradient = self._gradients[i].read_value()
            with tf.control_dependencies([gradient]):
                emptied = self._gradients[i].assign(nothing)
            with tf.control_dependencies([emptied]):
                last[device] = [self._update_variable(i, gradient, numbers)]

    def _update_variable(self, i: int, gradient: tf.Tensor, numbers: Numbers) -> Any:
        variable = self.variables[i]
        factor, *others = (numbers[name] for name in NEUTRAL)
        with tf.device(variable.device):
            return tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self.first_moments[i].handle,
                v=self.second_moments[i].handle,
                grad=tf.math.multiply_no_nan(tf.ensure_shape(gradient, variable.shape), factor),
                **dict(zip([*NEUTRAL][1:], others, strict=True)),
            )

    def make(
        self, gradients: Mapping[int, tf.Tensor], numbers: Numbers, postpone: Iterable[int] = ()
    ) -> None:
        """Update variables, or let their updates wait after what waited for them was carried out.

        Args:
            gradients: By the variable's index.
            numbers: float32[variables] each.
            postpone: Which updates wait, of those that have a gradient.
        """
        at_once = dict(gradients)
        if postpone:
            self._put({i: at_once.pop(i) for i in postpone}, numbers)
        columns = {name: tf.unstack(values) for name, values in numbers.items()}
        for i, gradient in at_once.items():
            of_variable = {name: values[i] for name, values in columns.items()}
            self._update_variable(i, gradient, of_variable)

    def _put(self, gradients: Mapping[int, tf.Tensor], numbers: Numbers) -> None:
        is_put = np.zeros([len(self.variables)], bool)
        for i, gradient in gradients.items():
            is_put[i] = True
            self._gradients[i].assign(gradient)
        rows = tf.stack([numbers[name] for name in NEUTRAL])
        self._numbers.assign(tf.where(is_put, rows, self._numbers))

    def settle(self) -> None:
        """Make all updates that wait: afterwards the variables are what they should be."""
        if self._waiting:
            self.carry_out(sorted(self._waiting))
            self._numbers.assign(self._repeat_neutral())
            self._waiting.clear()


def make_zeros_beside(variable: tf.Variable) -> tf.Variable:
    """Return a new variable of zeros, of the shape of `variable` and on its device."""
    with tf.device(variable.device):
        return tf.Variable(tf.zeros_like(variable), trainable=False)


def _make_variable_of_any_shape(value: tf.Tensor) -> tf.Variable:
    return tf.Variable(value, shape=tf.TensorShape(None), trainable=False)
