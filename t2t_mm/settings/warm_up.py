"""Warm-ups that fit the number of steps: that of a set is for as many steps as the set has."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from t2t_mm.settings.sections import HParams

_STEPS, _WARM_UP = "train.steps", "optimizer.warmup_steps"


def count_most_warm_up(steps: int) -> int:
    """Return the most steps of warm-up that a set for more steps keeps: a fifth of the steps.

    Example:
        >>> count_most_warm_up(100), count_most_warm_up(3)
        (20, 1)

    Chosen: the share that `multimodel_mini_text` has.
    """
    return max(1, steps // 5)


def shorten_warm_up(
    settings: Mapping[str, Any], in_files: Container[str], in_command: Container[str]
) -> dict[str, Any]:
    """Shorten the warm-up where more is said of the steps than of it; all else stays.

    Args:
        settings: Full field name -> value, as they would be used.
        in_files: The fields that gin files set.
        in_command: Those that the command itself sets, by whatever flag.

    Returns:
        The settings, the warm-up of a set no longer than a fifth of steps that are given for it,
        nor that of a file than of steps that the command gives.

    Example:
        >>> settings = {"train.steps": 100, "optimizer.warmup_steps": 4000}
        >>> shorten_warm_up(settings, [], ["train.steps"])["optimizer.warmup_steps"]
        20
    """
    follows = _STEPS in in_command or (_STEPS in in_files and _WARM_UP not in in_files)
    if not follows or _WARM_UP in in_command:
        return dict(settings)
    most = count_most_warm_up(settings[_STEPS])
    return {**settings, _WARM_UP: min(settings[_WARM_UP], most)}


def keep_warm_up(asked: HParams, run: HParams) -> HParams:
    """Return what is asked with the warm-up of the run that it continues.

    A run that is given more steps had its warm-up already, and so had one that began before
    warm-ups were shortened. One that is shorter than the run's, but no fifth of the steps, is of no
    set: somebody asks for it, and it stays. What the run's own is a fifth of is not asked: it may
    have gone on with fewer steps and with more.
    """
    is_short = asked.optimizer.warmup_steps == count_most_warm_up(asked.train.steps)
    is_less = asked.optimizer.warmup_steps < run.optimizer.warmup_steps
    if is_less and not is_short:
        return asked
    kept = replace(asked.optimizer, warmup_steps=run.optimizer.warmup_steps)
    return replace(asked, optimizer=kept)
