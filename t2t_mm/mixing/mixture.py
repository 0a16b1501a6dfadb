"""Which problems feed the next update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from t2t_mm.errors import UserError
from t2t_mm.mixing.rate_schedules import Schedule, compute_factor

ALL_PROBLEMS = -1


class Mixture:
    """Draws the problems of each update, as a pure function of seed, step and weights.

    It has no state: a run that goes on at step 1000 draws what an undisturbed one draws.

    Args:
        rates: Share of batches by problem, as `compute_mixture_rates` returns them.
        seed: Any integer.
        schedules: Factors of the rates over the steps, by problem: see `compute_factor`.
        problems_per_update: Different problems in an update, each drawn at most once; -1: all whose
            rate is not 0 there; 0: one is drawn for each batch, whatever was drawn before.
        batches_each: Batches of each problem that was drawn, or, where one is drawn for each batch,
            batches.

    Attributes:
        record: All of it, as JSON holds it: `Mixture(**record)` draws the same.

    Raises:
        UserError: More different problems are wanted than there are.

    Example:
        >>> Mixture({"a": 0.5, "b": 0.5}, seed=1).choose_problems(7) in (["a"], ["b"])
        True
        >>> Mixture({"a": 0.9, "b": 0.1}, seed=1, problems_per_update=-1).choose_problems(7)
        ['a', 'b']

    Source: Philox of Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; draws
    without replacement by Efraimidis and Spirakis 2006.
    """

    def __init__(
        self,
        rates: Mapping[str, float],
        seed: int,
        *,
        schedules: Mapping[str, Mapping[Any, Mapping[Any, float]]] | None = None,
        problems_per_update: int = 0,
        batches_each: int = 1,
    ) -> None:
        if problems_per_update > len(rates):
            raise UserError(
                "An update cannot have more different problems than there are",
                expected=f"at most {len(rates)}, or -1 for all",
                received={"problems_per_update": problems_per_update},
            )
        self.rates = dict(rates)
        self.seed = seed
        self.schedules: dict[str, Schedule] = {
            name: {
                shape: {int(step): value for step, value in points.items()}
                for shape, points in schedule.items()
            }
            for name, schedule in (schedules or {}).items()
        }
        self.problems_per_update = problems_per_update
        self.batches_each = batches_each
        self._names = list(rates)

    @property
    def record(self) -> dict[str, Any]:
        """What `Mixture` takes, as JSON holds it."""
        schedules = {
            name: {
                shape: {str(step): value for step, value in points.items()}
                for shape, points in schedule.items()
            }
            for name, schedule in self.schedules.items()
        }
        return {
            "rates": self.rates,
            "seed": self.seed,
            "schedules": schedules,
            "problems_per_update": self.problems_per_update,
            "batches_each": self.batches_each,
        }

    @property
    def most_batches(self) -> int:
        """Batches of an update; fewer where a schedule leaves fewer problems than are wanted."""
        wanted = self.problems_per_update
        return self.batches_each * (len(self._names) if wanted == ALL_PROBLEMS else wanted or 1)

    def compute_rates(
        self, step: int, weights: Mapping[str, float] | None = None
    ) -> dict[str, float]:
        """Return the share of each problem at a step.

        Args:
            step: 0 is the first update.
            weights: What rates are multiplied with besides, as by losses; by problem.

        Example:
            >>> joining = {"b": {"linear": {0: 0, 400: 1}}}
            >>> Mixture({"a": 0.5, "b": 0.5}, seed=1, schedules=joining).compute_rates(100)
            {'a': 0.8, 'b': 0.2}
        """
        parts = self._weigh(step, weights or {})
        return dict(zip(self._names, (parts / parts.sum()).tolist(), strict=True))

    def choose_problems(self, step: int, weights: Mapping[str, float] | None = None) -> list[str]:
        """Choose the problem of each batch of an update, in the order in which they are read.

        Args:
            step: 0 is the first update.
            weights: As for `compute_rates`.
        """
        rates = self._weigh(step, weights or {})
        if self.problems_per_update:
            drawn = self._choose_different(step, rates)
            return [name for name in drawn for _ in range(self.batches_each)]
        edges = np.cumsum(rates)
        draws = range(step * self.batches_each, (step + 1) * self.batches_each)
        return [self._choose_one(draw, edges) for draw in draws]

    def _weigh(self, step: int, weights: Mapping[str, float]) -> npt.NDArray[np.float64]:
        rates = self.rates
        for name, schedule in self.schedules.items():
            rates = rates | {name: rates[name] * compute_factor(schedule, step)}
        return np.array([rate * weights.get(name, 1.0) for name, rate in rates.items()])

    def _choose_one(self, draw: int, edges: npt.NDArray[np.float64]) -> str:
        # The edges' own end, not 1: rounding must not leave a gap behind the last problem.
        position = (int(self._draw_bits(draw)[0]) >> 11) * 2.0**-53 * edges[-1]
        return self._names[int(np.searchsorted(edges, position, side="right"))]

    def _choose_different(self, step: int, rates: npt.NDArray[np.float64]) -> list[str]:
        """Let each problem wait an exponential time of its rate; the first to come are taken."""
        there = np.flatnonzero(rates > 0)
        wanted = self.problems_per_update
        if wanted != ALL_PROBLEMS and len(there) > wanted:
            uniform = ((self._draw_bits(step, len(rates)) >> np.uint64(11)) + 0.5) * 2.0**-53
            waits = -np.log(uniform[there]) / rates[there]
            there = np.sort(there[np.argsort(waits)[:wanted]])
        return [self._names[index] for index in there]

    def _draw_bits(self, counter: int, number: int = 1) -> npt.NDArray[np.uint64]:
        key = np.array([self.seed % 2**64, counter % 2**64], dtype=np.uint64)
        return np.random.Philox(key=key).random_raw(number)
