"""Adam that counts the updates of every variable for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from t2t_mm.layers.factored import FactoredGradient, PackedGradient, pack
from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.postponed import Gradient, Numbers, PostponedUpdates

LEAST_FACTOR = 0.1
"""Gradients clipped by more, as a multiple of what is usual, are scaled before the update."""
LEAST_SCALE = 1e-6
"""Gradients clipped by more than this are scaled before the update in any case."""


class Adam:
    """Adam whose bias correction follows each variable's own number of updates.

    In a mixture a net (an embedding, a head) may meet its first batch after hundreds of steps of
    other problems. With one global count its first steps would be of another size than Adam means
    them to be; a count for each variable keeps the correction right.

    Clipping costs hardly anything: see `_scaled`. What is kept is M and V of moments s M and q V,
    with two numbers s and q for each variable in `scales`, both 1 where nothing is clipped.

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
        self.first_moments = [zeros_beside(variable) for variable in variables]
        self.second_moments = [zeros_beside(variable) for variable in variables]
        self.scales = tf.Variable(tf.ones([2, len(self.variables)]), trainable=False)
        self.counts = tf.Variable(tf.zeros([len(self.variables)], tf.int64), trainable=False)
        self.postponed = PostponedUpdates(self.variables, self._update)

    def apply(
        self, gradients: Sequence[Any], learning_rate: tf.Tensor, postpone: Sequence[int] = ()
    ) -> tf.Tensor:
        """Update every variable that has a gradient; the others are left as they are.

        Args:
            gradients: One for each variable, `None` where the batch did not reach it.
            learning_rate: float32 scalar.
            postpone: Indices of variables whose updates wait in `postponed`.

        Returns:
            float32 scalar, the global norm of the gradients before clipping.
        """
        reached = [i for i, gradient in enumerate(gradients) if gradient is not None]
        packed, half_squares = zip(*(self._packed(i, gradients[i]) for i in reached), strict=True)
        # One sum: TensorFlow makes hundreds of operations of `tf.add_n`, one after the other.
        norm = tf.sqrt(2.0 * tf.maximum(tf.reduce_sum(tf.stack(half_squares)), 0.0))
        touched = np.zeros([len(self.variables)], bool)
        touched[reached] = True
        counts = tf.cast(self.counts.assign_add(touched.astype(np.int64)), tf.float32)
        is_first = touched & (counts == 1.0)
        by_variable = dict(zip(reached, packed, strict=True))
        by_variable, factor = self._clipped(by_variable, norm, touched & ~is_first)
        scaled = self._scaled(factor, touched, is_first)
        rate = learning_rate * scaled.first_scale * tf.math.rsqrt(scaled.second_scale)
        numbers = {
            "beta1_power": self.beta1**counts,
            "beta2_power": self.beta2**counts,
            "lr": rate,
            "beta1": scaled.beta1,
            "beta2": scaled.beta2,
            "epsilon": self.epsilon * tf.math.rsqrt(scaled.second_scale),
        }
        if postpone:
            self.postponed.put({i: by_variable.pop(i, None) for i in postpone}, numbers)
        columns = {name: tf.unstack(values) for name, values in numbers.items()}
        for i, gradient in by_variable.items():
            self._update(i, gradient, {name: values[i] for name, values in columns.items()})
        return norm

    def settle(self) -> None:
        """Make the updates that were postponed, if any are."""
        self.postponed.settle()

    def _packed(self, i: int, gradient: Any) -> tuple[Gradient, tf.Tensor]:
        with tf.device(self.variables[i].device):
            if isinstance(gradient, FactoredGradient):
                return pack(gradient)
            dense = tf.convert_to_tensor(gradient)
            return dense, tf.nn.l2_loss(dense)

    def _update(self, i: int, gradient: Gradient, numbers: Numbers) -> Any:
        variable = self.variables[i]
        with tf.device(variable.device):
            if isinstance(gradient, PackedGradient):
                gradient = gradient.matrix(variable.shape)
            return tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self.first_moments[i].handle,
                v=self.second_moments[i].handle,
                grad=gradient,
                **numbers,
            )

    def _clipped(
        self, gradients: dict[int, Gradient], norm: tf.Tensor, was_updated: tf.Tensor
    ) -> tuple[dict[int, Gradient], Any]:
        """Return the gradients and the factor that clips them; a small factor is in the gradients already.

        Small is beside the scales of the variables that were updated before: `_scaled` is exact to
        0.03% in float32 down to `LEAST_FACTOR` times the root of the largest.
        """
        if not self.clip_norm:
            return gradients, 1.0
        factor = tf.minimum(1.0, self.clip_norm / norm)
        usual = tf.sqrt(tf.reduce_max(tf.where(was_updated, self.scales[1], 0.0)))
        is_small = (factor < LEAST_FACTOR * usual) | (factor < LEAST_SCALE)
        clipped = tf.cond(
            is_small,
            lambda: {i: _scaled(gradient, factor) for i, gradient in gradients.items()},
            lambda: tf.nest.map_structure(tf.identity, gradients),
        )
        return clipped, tf.where(is_small, 1.0, factor)

    def _scaled(self, factor: tf.Tensor | float, touched: Any, is_first: tf.Tensor) -> _Scaled:
        """Folds the factor c by which gradients are clipped into the numbers of the update.

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
        return _Scaled(
            next_first,
            next_second,
            self.beta1 * first / next_first,
            self.beta2 * second / next_second,
        )

    def state(self) -> dict[str, tf.Variable]:
        """Name every variable of the optimizer's state, for checkpoints."""
        moments = zip(self.names, self.first_moments, self.second_moments, strict=True)
        named: dict[str, tf.Variable] = {"counts": self.counts, "scales": self.scales}
        for name, first, second in moments:
            named[f"first_moment/{name}"] = first
            named[f"second_moment/{name}"] = second
        return named


class _Scaled(NamedTuple):
    """The numbers of an update whose gradients are not scaled; float32[variables] each."""

    first_scale: tf.Tensor
    second_scale: tf.Tensor
    beta1: tf.Tensor
    beta2: tf.Tensor


def _scaled(gradient: Gradient, factor: tf.Tensor) -> Gradient:
    is_packed = isinstance(gradient, PackedGradient)
    return gradient.scaled(factor) if is_packed else gradient * factor


def zeros_beside(variable: tf.Variable) -> tf.Variable:
    """Return a new variable of zeros, of the shape of `variable` and on its device."""
    with tf.device(variable.device):
        return tf.Variable(tf.zeros_like(variable), trainable=False)


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
