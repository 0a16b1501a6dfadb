"""Adam that counts the updates of every variable for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.postponed import Updates

LEAST_SHARE = 0.1
"""Gradients clipped by more, as a share of the usual factor, are multiplied before the update."""
LEAST_FACTOR = 1e-6
"""Gradients clipped by a smaller factor are multiplied before the update in any case."""


class Adam:
    """Adam whose bias correction follows each variable's own number of updates.

    In a mixture a net (an embedding, a head) may meet its first batch after hundreds of steps of
    other problems. With one global count its first steps would be of another size than Adam means
    them to be; a count for each variable keeps the correction right.

    Clipping costs hardly anything: see `_fold_factor`. What is kept is M and V of moments s M and
    q V, with two numbers s and q for each variable in `scales`, both 1 where nothing is clipped.

    Args:
        variables: The trainable variables.
        names: A stable, unique name of each, under which its state is saved.
        beta1: Decay of the first moment.
        beta2: Decay of the second moment.
        epsilon: Added to the root of the second moment.
        clip_norm: Bound of the gradient's global norm; 0 for none.

    Source: Kingma and Ba 2015, Algorithm 1; clipping by Pascanu et al. 2013.
    """

    def __init__(
        self,
        variables: Sequence[tf.Variable],
        names: Sequence[str],
        *,
        beta1: float,
        beta2: float,
        epsilon: float,
        clip_norm: float,
    ) -> None:
        self.variables = list(variables)
        self.names = list(names)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.clip_norm = clip_norm
        self.updates = Updates(self.variables)
        self.scales = tf.Variable(tf.ones([2, len(self.variables)]), trainable=False)
        self.counts = tf.Variable(tf.zeros([len(self.variables)], tf.int64), trainable=False)

    def apply(
        self, gradients: Sequence[Any], learning_rate: tf.Tensor, postpone: Sequence[int] = ()
    ) -> tf.Tensor:
        """Update every variable that has a gradient; the others are left as they are.

        Args:
            gradients: One for each variable, `None` where the batch did not reach it.
            learning_rate: float32 scalar.
            postpone: Indices of variables whose updates wait in `updates`.

        Returns:
            float32 scalar, the global norm of the gradients before clipping.
        """
        reached = [i for i, gradient in enumerate(gradients) if gradient is not None]
        dense, half_squares = zip(*(self._measure(i, gradients[i]) for i in reached), strict=True)
        # One sum: TensorFlow makes hundreds of operations of `tf.add_n`, one after the other.
        norm = tf.sqrt(2.0 * tf.maximum(tf.reduce_sum(tf.stack(half_squares)), 0.0))
        touched = np.zeros([len(self.variables)], bool)
        touched[reached] = True
        counts = tf.cast(self.counts.assign_add(touched.astype(np.int64)), tf.float32)
        is_first = touched & (counts == 1.0)
        by_variable = dict(zip(reached, dense, strict=True))
        by_variable, factor = self._clip(by_variable, norm, touched & ~is_first)
        folded = self._fold_factor(factor, touched, is_first)
        rate = learning_rate * folded.first_scale * tf.math.rsqrt(folded.second_scale)
        numbers = {
            "beta1_power": self.beta1**counts,
            "beta2_power": self.beta2**counts,
            "lr": rate,
            "beta1": folded.beta1,
            "beta2": folded.beta2,
            "epsilon": self.epsilon * tf.math.rsqrt(folded.second_scale),
        }
        self.updates.make(by_variable, numbers, postpone)
        return norm

    def _measure(self, i: int, gradient: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """Return a gradient as one tensor, and half the sum of its squares."""
        with tf.device(self.variables[i].device):
            dense = tf.convert_to_tensor(gradient)
            return dense, tf.nn.l2_loss(dense)

    def _clip(
        self, gradients: dict[int, tf.Tensor], norm: tf.Tensor, was_updated: tf.Tensor
    ) -> tuple[dict[int, tf.Tensor], Any]:
        """Clip by a small factor; return the gradients, and the factor that is still to clip them.

        Small is beside the scales of the variables that were updated before: `_fold_factor` is
        exact to 0.03% in float32 down to `LEAST_SHARE` times the root of the largest.
        """
        if not self.clip_norm:
            return gradients, 1.0
        factor = tf.minimum(1.0, self.clip_norm / norm)
        usual = tf.sqrt(tf.reduce_max(tf.where(was_updated, self.scales[1], 0.0)))
        is_small = (factor < LEAST_SHARE * usual) | (factor < LEAST_FACTOR)
        clipped = tf.cond(
            is_small,
            lambda: {i: gradient * factor for i, gradient in gradients.items()},
            lambda: tf.nest.map_structure(tf.identity, gradients),
        )
        return clipped, tf.where(is_small, 1.0, factor)

    def _fold_factor(
        self, factor: tf.Tensor | float, touched: Any, is_first: tf.Tensor
    ) -> _FoldedNumbers:
        """Fold the factor c by which gradients are clipped into the numbers of the update.

        With moments m = s M and v = q V, and c g for the gradient,

            m' = beta1 s M + (1 - beta1) c g = s' (b1 M + (1 - b1) g)
            where s' = beta1 s + (1 - beta1) c and b1 = beta1 s / s',

        and alike for v with c squared: an ordinary update of M and V by g with other numbers. So
        no gradient is read and written once more to be clipped. Before a variable's first update
        M and V are 0, so that s and q may be chosen: c and its square.
        """
        first, second = tf.unstack(self.scales)
        first = tf.where(is_first, factor, first)
        second = tf.where(is_first, factor**2, second)
        next_first = tf.where(touched, self.beta1 * first + (1 - self.beta1) * factor, first)
        next_second = tf.where(touched, self.beta2 * second + (1 - self.beta2) * factor**2, second)
        self.scales.assign(tf.stack([next_first, next_second]))
        return _FoldedNumbers(
            next_first,
            next_second,
            self.beta1 * first / next_first,
            self.beta2 * second / next_second,
        )

    def settle(self) -> None:
        """Make the updates that were postponed, if any are."""
        self.updates.settle()

    def state(self) -> dict[str, tf.Variable]:
        """Name every variable of the optimizer's state, for checkpoints."""
        moments = (self.updates.first_moments, self.updates.second_moments)
        named: dict[str, tf.Variable] = {"counts": self.counts, "scales": self.scales}
        for name, first, second in zip(self.names, *moments, strict=True):
            named[f"first_moment/{name}"] = first
            named[f"second_moment/{name}"] = second
        return named


class _FoldedNumbers(NamedTuple):
    """The numbers of an update in which the clipping is; float32[variables] each.

    Attributes:
        first_scale: s after the update.
        second_scale: q after it.
        beta1: Decay of M.
        beta2: Decay of V.
    """

    first_scale: tf.Tensor
    second_scale: tf.Tensor
    beta1: tf.Tensor
    beta2: tf.Tensor


def build_optimizer(hparams: OptimizerHParams, variables: Sequence[Any]) -> Adam:
    """Build the run's optimizer over `variables` (Keras variables, named by their paths)."""
    return Adam(
        [variable.value for variable in variables],
        [variable.path for variable in variables],
        beta1=hparams.beta1,
        beta2=hparams.beta2,
        epsilon=hparams.epsilon,
        clip_norm=hparams.clip_norm,
    )
