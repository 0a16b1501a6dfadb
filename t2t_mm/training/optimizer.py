"""Adam that counts the updates of every variable for itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from t2t_mm.config import OptimizerHParams


class Adam:
    """Adam whose bias correction follows each variable's own number of updates.

    In a mixture a net (an embedding, a head) may meet its first batch after hundreds of steps of
    other problems. With one global count its first steps would be of another size than Adam means
    them to be; a count for each variable keeps the correction right.

    Args:
        variables: the trainable variables.
        names: a stable, unique name of each, under which its state is saved.
        beta1: decay of the first moment.
        beta2: decay of the second moment.
        epsilon: added to the root of the second moment.
        clip_norm: bound of the gradient's global norm; 0 for none.

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
        self.counts = tf.Variable(tf.zeros([len(self.variables)], tf.int64), trainable=False)

    def apply(self, gradients: Sequence[Any], learning_rate: tf.Tensor) -> tf.Tensor:
        """Updates every variable that has a gradient; the others are left as they are.

        Args:
            gradients: one for each variable, `None` where the batch did not reach it.
            learning_rate: float32 scalar.

        Returns:
            float32 scalar, the global norm of the gradients before clipping.
        """
        reached = [i for i, gradient in enumerate(gradients) if gradient is not None]
        dense = [tf.convert_to_tensor(gradients[i]) for i in reached]
        norm = tf.linalg.global_norm(dense)
        if self.clip_norm:
            dense = _clipped(dense, norm, self.clip_norm)
        touched = np.zeros([len(self.variables)], np.int64)
        touched[reached] = 1
        counts = tf.cast(self.counts.assign_add(touched), tf.float32)
        beta1_powers = tf.unstack(self.beta1**counts)
        beta2_powers = tf.unstack(self.beta2**counts)
        for i, gradient in zip(reached, dense, strict=True):
            tf.raw_ops.ResourceApplyAdam(
                var=self.variables[i].handle,
                m=self.first_moments[i].handle,
                v=self.second_moments[i].handle,
                beta1_power=beta1_powers[i],
                beta2_power=beta2_powers[i],
                lr=learning_rate,
                beta1=self.beta1,
                beta2=self.beta2,
                epsilon=self.epsilon,
                grad=gradient,
            )
        return norm

    def state(self) -> dict[str, tf.Variable]:
        """Names every variable of the optimizer's state, for checkpoints."""
        moments = zip(self.names, self.first_moments, self.second_moments, strict=True)
        named: dict[str, tf.Variable] = {"counts": self.counts}
        for name, first, second in moments:
            named[f"first_moment/{name}"] = first
            named[f"second_moment/{name}"] = second
        return named


def _clipped(gradients: Sequence[tf.Tensor], norm: tf.Tensor, largest: float) -> list[tf.Tensor]:
    """Scales gradients down to a norm; most steps need none of it and read nothing once more."""
    clipped: list[tf.Tensor] = tf.cond(
        norm > largest,
        lambda: [gradient * (largest / norm) for gradient in gradients],
        lambda: [tf.identity(gradient) for gradient in gradients],
    )
    return clipped


def zeros_beside(variable: tf.Variable) -> tf.Variable:
    """A new variable of zeros, of the shape of `variable` and on its device."""
    with tf.device(variable.device):
        return tf.Variable(tf.zeros_like(variable), trainable=False)


def build_optimizer(hparams: OptimizerHParams, variables: Sequence[Any]) -> Adam:
    """Builds the run's optimizer over `variables` (Keras variables, named by their paths)."""
    return Adam(
        [variable.value for variable in variables],
        [variable.path for variable in variables],
        beta1=hparams.beta1,
        beta2=hparams.beta2,
        epsilon=hparams.epsilon,
        clip_norm=hparams.clip_norm,
    )
