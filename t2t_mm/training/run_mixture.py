"""The mixture of a run, from its settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.mixing.mixture import ALL_PROBLEMS, Mixture
from t2t_mm.mixing.rate_schedules import check_schedules
from t2t_mm.settings import HParams
from t2t_mm.settings.sections import TrainHParams


def make_mixture(
    rates: Mapping[str, float], hparams: HParams, *, has_begun: bool = False
) -> Mixture:
    """Make the mixture that a run begins with; its record is kept in `run.json`.

    Schedules and weights of problems that are not trained on are left aside.

    Args:
        rates: Share of batches by problem, in the run's order.
        hparams: The run's settings.
        has_begun: Whether the run has made steps: what was asked before may have had more of them,
            some of a problem that joins late.

    Raises:
        UserError: A schedule or a weight is of no problem that there is, or cannot be used.

    Example:
        >>> from t2t_mm.settings import MixtureHParams
        >>> hparams = HParams(mixture=MixtureHParams(problems_per_update=-1))
        >>> make_mixture({"mini_ende": 0.5, "mini_image": 0.5}, hparams).choose_problems(0)
        ['mini_ende', 'mini_image']
    """
    settings = hparams.mixture
    for name in {**settings.schedules, **settings.loss_weights}:
        if name not in rates:  # a set of settings may know more problems than are trained on
            registry.expand_problems(name)  # but no misspelt ones
    for name, weight in settings.loss_weights.items():
        if not 0 < weight < math.inf:
            raise UserError(
                "The weight of a loss must be positive",
                received={"mixture.loss_weights": {name: weight}},
            )
    schedules = {name: one for name, one in settings.schedules.items() if name in rates}
    check_schedules(list(rates), schedules, hparams.train.steps, all_join=not has_begun)
    return Mixture(
        rates,
        hparams.train.seed,
        schedules=schedules,
        problems_per_update=settings.problems_per_update,
        batches_each=hparams.train.accumulate_steps,
    )


def accumulate_mixture(train: TrainHParams, mixture: Mixture) -> TrainHParams:
    """Return the settings of a loop that adds up all batches of an update of `mixture`."""
    return replace(train, accumulate_steps=mixture.most_batches)


def describe_mixture(mixture: Mixture, hparams: HParams) -> list[str]:
    """Describe what stands over the rates; nothing where nothing does.

    Example:
        >>> mixture = Mixture({"a": 0.5, "b": 0.5}, 1, schedules={"b": {"step": {0: 0, 9: 1}}})
        >>> describe_mixture(mixture, HParams())
        ["the rate of b times {'step': {0: 0, 9: 1}}"]
    """
    lines = [f"the rate of {name} times {one}" for name, one in mixture.schedules.items()]
    if temperature := hparams.mixture.loss_temperature:
        lines.append(f"rates times exp(mean loss / {temperature})")
    if wanted := mixture.problems_per_update:
        which = "all problems" if wanted == ALL_PROBLEMS else f"{wanted} different problems"
        lines.append(f"an update by up to {mixture.most_batches} batches, of {which}")
    lines += [
        f"the loss of {name} times {weight:g}"
        for name, weight in hparams.mixture.loss_weights.items()
        if name in mixture.rates
    ]
    return lines
