"""Gradients of several batches, added up for one update by all of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from t2t_mm.training.on_tensorflow.optimizer import Adam
from t2t_mm.training.on_tensorflow.postponed import make_zeros_beside


class GradientSums:
    """Sums of gradients, and which variables and rows any of the batches has reached.

    What is reached is a tensor, so that one graph serves every mixture of signatures.

    Args:
        optimizer: Whose variables they are of.
    """

    def __init__(self, optimizer: Adam) -> None:
        self.optimizer = optimizer
        self.sums = [make_zeros_beside(variable) for variable in optimizer.variables]
        self.reached = _make_flags(len(self.sums))
        self.reached_rows = {i: _make_flags(len(names)) for i, names in optimizer.row_names.items()}

    def add(
        self, gradients: Mapping[int, tf.Tensor], rows: Mapping[int, tf.Tensor], share: float
    ) -> tf.Tensor:
        """Add the gradients of a batch; of one whose norm is not finite, nothing.

        Args:
            gradients: By the variable's index.
            rows: bool[R], which rows it reaches, of each table among them.
            share: What they are multiplied by.

        Returns:
            float32 scalar, their norm before.
        """
        norm = self.optimizer.measure_norm(gradients)
        is_finite = tf.math.is_finite(norm)
        factor = tf.where(is_finite, share, 0.0)
        for i, gradient in gradients.items():
            self.sums[i].assign_add(tf.math.multiply_no_nan(gradient, factor))
        reached = np.isin(np.arange(len(self.sums)), list(gradients))
        self.reached.assign(self.reached | (reached & is_finite))
        for i, flags in rows.items():
            self.reached_rows[i].assign(self.reached_rows[i] | (flags & is_finite))
        return norm

    def apply(self, learning_rate: tf.Tensor) -> tf.Tensor:
        """Make one update from the sums and clear them; return their norm."""
        norm = self.optimizer.apply(
            {i: total.read_value() for i, total in enumerate(self.sums)},
            {i: flags.read_value() for i, flags in self.reached_rows.items()},
            learning_rate,
            is_reached=self.reached.read_value(),
        )
        for variable in (*self.sums, self.reached, *self.reached_rows.values()):
            variable.assign(tf.zeros_like(variable))
        return norm


def _make_flags(number: int) -> tf.Variable:
    return tf.Variable(tf.zeros([number], tf.bool), trainable=False)
