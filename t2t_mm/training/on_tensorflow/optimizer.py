"""Adam by TensorFlow's own operation: `training/adam.py`, whose numbers it gives, but faster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from t2t_mm.run.named_variables import TableRow, name_rows
from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.adam import AdamState, find_clip_factor, update_variable
from t2t_mm.training.on_tensorflow.postponed import NEUTRAL, Updates


class Adam:
    """Adam whose bias correction follows each variable's own number of updates.

    A gradient is clipped where its update is made: no other pass reads and writes it.

    Args:
        variables: The trainable variables of Keras.
        row_names: Of tables whose rows count for themselves the names of the rows, by path; those
            that are not trained count for nothing.
        hparams: Decays, epsilon, bound of the norm.

    Attributes:
        names: The variables' paths.
        updates: Their moments, and what waits.
        counts: int64[variables], their updates.
        row_counts: int64[R] of each table, by its index among the variables.
    """

    def __init__(
        self,
        variables: Sequence[Any],
        row_names: Mapping[str, Sequence[str]],
        hparams: OptimizerHParams,
    ) -> None:
        self.variables: list[tf.Variable] = [variable.value for variable in variables]
        self.names = [variable.path for variable in variables]
        self.row_names = {
            self.names.index(path): names for path, names in row_names.items() if path in self.names
        }
        self.hparams = hparams
        self.updates = Updates(self.variables)
        self.counts = _make_counts(len(self.variables))
        self.row_counts = {i: _make_counts(len(names)) for i, names in self.row_names.items()}

    def apply(
        self,
        gradients: Mapping[int, tf.Tensor],
        reached_rows: Mapping[int, tf.Tensor],
        learning_rate: tf.Tensor,
        *,
        is_reached: tf.Tensor | None = None,
        postpone: Sequence[int] = (),
    ) -> tf.Tensor:
        """Update the variables that are reached; the others are left as they are.

        All are left where the norm is not finite.

        Args:
            gradients: By the variable's index, of those that may be reached.
            reached_rows: bool[R] of each table among them.
            learning_rate: float32 scalar.
            is_reached: bool[variables]; by default all that have a gradient are.
            postpone: Indices of variables whose updates wait in `updates`.

        Returns:
            float32 scalar, the global norm of the gradients before clipping.
        """
        norm = self.measure_norm(gradients)
        factor, is_finite = find_clip_factor(norm, self.hparams.clip_norm), tf.math.is_finite(norm)
        if is_reached is None:
            is_reached = np.isin(np.arange(len(self.variables)), list(gradients))
        is_reached = tf.logical_and(is_reached, is_finite)
        counts = tf.cast(self.counts.assign_add(tf.cast(is_reached, tf.int64)), tf.float32)
        numbers = {
            "factor": factor,
            "beta1_power": self.hparams.beta1**counts,
            "beta2_power": self.hparams.beta2**counts,
            "lr": learning_rate,
            "beta1": self.hparams.beta1,
            "beta2": self.hparams.beta2,
            "epsilon": self.hparams.epsilon,
        }
        columns = {name: tf.where(is_reached, numbers[name], NEUTRAL[name]) for name in NEUTRAL}
        whole = {i: one for i, one in gradients.items() if i not in self.row_names}
        if self.hparams.weight_decay:
            self._decay_matrices(whole, columns["lr"])
        self.updates.make(whole, columns, postpone)
        for i, rows in reached_rows.items():
            clipped = gradients[i] * factor
            self._update_table(i, clipped, tf.logical_and(rows, is_finite), learning_rate)
        return norm

    def measure_norm(self, gradients: Mapping[int, tf.Tensor]) -> tf.Tensor:
        """Return the root of the sum of all squares, float32 scalar."""
        half_squares = []
        for i, gradient in gradients.items():
            with tf.device(self.variables[i].device):
                half_squares.append(tf.nn.l2_loss(gradient))
        # One sum: TensorFlow makes hundreds of operations of `tf.add_n`, one after the other.
        return tf.sqrt(2.0 * tf.reduce_sum(tf.stack(half_squares)))

    def _decay_matrices(self, indices: Iterable[int], rates: tf.Tensor) -> None:
        """Take a share of matrices away, before their updates; at a rate of 0 nothing changes."""
        left = tf.unstack(1.0 - rates * self.hparams.weight_decay)
        for i in indices:
            variable = self.variables[i]
            if len(variable.shape) > 1:
                with tf.device(variable.device):
                    variable.assign(variable * left[i])

    def _update_table(
        self, i: int, gradient: tf.Tensor, reached: tf.Tensor, learning_rate: tf.Tensor
    ) -> None:
        moments = (self.updates.first_moments[i], self.updates.second_moments[i])
        variables = (self.variables[i], *moments, self.row_counts[i])
        value, *state = (variable.read_value() for variable in variables)
        value, new = update_variable(
            value, AdamState(*state), gradient, reached, learning_rate, self.hparams
        )
        for variable, result in zip(variables, (value, *new), strict=True):
            variable.assign(result)

    def state(self) -> dict[str, Any]:
        """Name all of the optimizer's state, for checkpoints: moments and counts of each variable.

        Rows that count for themselves have a name each, as variables have.
        """
        named: dict[str, Any] = {}
        for i, name in enumerate(self.names):
            moments = {
                "first_moment": self.updates.first_moments[i],
                "second_moment": self.updates.second_moments[i],
            }
            if i not in self.row_names:
                named |= {f"{kind}/{name}": moment for kind, moment in moments.items()}
                named[f"count/{name}"] = TableRow(self.counts, i)
                continue
            for kind, table in {**moments, "count": self.row_counts[i]}.items():
                rows = name_rows(table, self.row_names[i])
                named |= {f"{kind}/{row_name}": row for row_name, row in rows.items()}
        return named


def _make_counts(number: int) -> tf.Variable:
    return tf.Variable(tf.zeros([number], tf.int64), trainable=False)
