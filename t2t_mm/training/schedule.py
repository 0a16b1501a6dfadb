"""Learning rates as a product of named factors: `constant*linear_warmup*rsqrt_decay`."""

from __future__ import annotations

import math
from collections.abc import Callable

from t2t_mm.settings import OptimizerHParams
from t2t_mm.settings.warm_up import count_most_warm_up

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


def _decay_by_cosine_after_warm_up(step: int, hparams: OptimizerHParams, total_steps: int) -> float:
    left = (hparams.decay_steps or total_steps) - hparams.warmup_steps
    fraction = (step + 1 - hparams.warmup_steps) / max(left, 1)
    return 0.5 * (1.0 + math.cos(math.pi * min(max(fraction, 0.0), 1.0)))


FACTORS: dict[str, Factor] = {
    "constant": _hold_constant,
    "linear_warmup": _warm_up,
    "rsqrt_decay": _decay_by_rsqrt,
    "linear_decay": _decay_linearly,
    "cosine_decay": _decay_by_cosine,
    "single_cycle_cos_decay": _decay_by_cosine_after_warm_up,
}


def compute_learning_rate(step: int, hparams: OptimizerHParams, total_steps: int) -> float:
    """Return the learning rate of update `step`: the product of the schedule's factors.

    Of the cosines `cosine_decay` falls from the first step on, `single_cycle_cos_decay` behind the
    warm-up.

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


def describe_schedule(hparams: OptimizerHParams, total_steps: int) -> str:
    """Describe by a line how the rate goes; a warm-up that is longer than the training is told.

    Args:
        hparams: As for `compute_learning_rate`.
        total_steps: Updates in all.

    Example:
        >>> describe_schedule(OptimizerHParams(warmup_steps=20), 100)
        'learning rate: up to 1.00e-03 at step 20 of 100, 4.47e-04 at the last'
    """
    looked_at = {*range(0, total_steps, max(1, total_steps // 1000)), total_steps - 1}
    looked_at |= {min(max(hparams.warmup_steps, 1), total_steps) - 1}
    rates = {step: compute_learning_rate(step, hparams, total_steps) for step in sorted(looked_at)}
    best = max(rates, key=rates.__getitem__)
    if "linear_warmup" in hparams.factors and hparams.warmup_steps > total_steps:
        return (
            f"WARNING: optimizer.warmup_steps={hparams.warmup_steps} is more than "
            f"train.steps={total_steps}: the learning rate only comes to {rates[best]:.2e}, and "
            "little is learned. Give fewer steps of warm-up, as "
            f"--hparams='optimizer.warmup_steps={count_most_warm_up(total_steps)}', or more steps."
        )
    return (
        f"learning rate: up to {rates[best]:.2e} at step {best + 1} of {total_steps}, "
        f"{rates[total_steps - 1]:.2e} at the last"
    )
