"""Learning rates as a product of named factors: `constant*linear_warmup*rsqrt_decay`."""

from __future__ import annotations

import math
from collections.abc import Callable

from t2t_mm.settings import OptimizerHParams

Factor = Callable[[int, OptimizerHParams, int], float]


def _hold_constant(step: int, hparams: OptimizerHParams, total_steps: int) -> float:
    return hparams.learning_rate


def _warm_up(step: int, hparams: OptimizerHParams, total_steps: int) -> float:
    return min(1.0, (step + 1) / max(hparams.warmup_steps, 1))


def _decay_by_rsqrt(step: int, hparams: OptimizerHParams, total_steps: int) -> float:
    warmup = max(hparams.warmup_steps, 1)
    return math.sqrt(warmup / max(step + 1, warmup))


def _compute_fraction_done(step: int, hparams: OptimizerHParams, total_steps: int) -> float:
    end = hparams.decay_steps or total_steps
    return min(1.0, (step + 1) / max(end, 1))


def _decay_linearly(step: int, hparams: OptimizerHParams, total_steps: int) -> float:
    return 1.0 - _compute_fraction_done(step, hparams, total_steps)


def _decay_by_cosine(step: int, hparams: OptimizerHParams, total_steps: int) -> float:
    return 0.5 * (1.0 + math.cos(math.pi * _compute_fraction_done(step, hparams, total_steps)))


FACTORS: dict[str, Factor] = {
    "constant": _hold_constant,
    "linear_warmup": _warm_up,
    "rsqrt_decay": _decay_by_rsqrt,
    "linear_decay": _decay_linearly,
    "cosine_decay": _decay_by_cosine,
}


def compute_learning_rate(step: int, hparams: OptimizerHParams, total_steps: int) -> float:
    """Return the learning rate of update `step`: the product of the schedule's factors.

    Args:
        step: Updates already made, from 0.
        hparams: Rate, factors, `warmup_steps` and `decay_steps`.
        total_steps: The end of the decays where `decay_steps` is 0.

    Returns:
        The rate that is handed to Adam; nothing rescales it afterwards.

    Example:
        >>> from t2t_mm.settings import OptimizerHParams
        >>> hparams = OptimizerHParams(learning_rate=0.1, warmup_steps=4)
        >>> compute_learning_rate(1, hparams, total_steps=100)
        0.05

    Source: the schedule language of Tensor2Tensor 1.5 (`learning_rate_schedule`).
    """
    rate = 1.0
    for name in hparams.factors:
        rate *= FACTORS[name](step, hparams, total_steps)
    return rate
