"""Whether a run has stopped getting better, by Tensor2Tensor's rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from t2t_mm.errors import UserError, check_count, suggest_closest
from t2t_mm.files.json_records import read_records

METRICS = {"log_perplexity": True, "accuracy": False, "sequence_accuracy": False}
"""What can be looked at, and whether less of it is better."""


@dataclass(frozen=True)
class EarlyStopping:
    """Looks at a run's evaluations, which its log holds; it has no state of its own.

    Args:
        steps: Training stops when nothing got better within so many; 0: never.
        metric: One of `METRICS`, its mean over the problems; or PROBLEM/METRIC, of one problem.
        delta: By how much it must get better to count.

    Raises:
        UserError: There is no such metric, or the steps are negative.

    Example:
        >>> EarlyStopping(steps=100, metric="mini_ende/acuracy")
        Traceback (most recent call last):
        t2t_mm.errors.UserError: No metric to stop by is named 'acuracy'...accuracy...
    """

    steps: int = 0
    metric: str = "log_perplexity"
    delta: float = 0.1

    def __post_init__(self) -> None:
        check_count("early_stopping_steps", self.steps)
        name = self.metric.rpartition("/")[2]
        if name not in METRICS:
            raise UserError(
                f"No metric to stop by is named {name!r}.{suggest_closest(name, METRICS)}",
                expected=f"{', '.join(METRICS)}, or one of them as PROBLEM/METRIC",
                received={"early_stopping_metric": self.metric},
            )

    def check_problems(self, names: Sequence[str], eval_every: int) -> None:
        """Check that the metric will be measured.

        Args:
            names: The problems that are evaluated.
            eval_every: Steps between evaluations; 0: only at the end.

        Raises:
            UserError: It is of another problem, or nothing is evaluated on the way.
        """
        if not self.steps:
            return
        problem = self.metric.rpartition("/")[0]
        if problem and problem not in names:
            raise UserError(
                f"{problem!r} is not evaluated.{suggest_closest(problem, names)}",
                expected=f"one of {', '.join(names)}",
                received={"early_stopping_metric": self.metric},
            )
        if not eval_every or not names:
            raise UserError(
                "Early stopping needs evaluations on the way",
                received={"early_stopping_steps": self.steps, "train.eval_every": eval_every},
                fix="Give --eval_every, and problems that have a validation split.",
            )

    def is_due(self, log: Path) -> bool:
        """Return whether the run whose log this is has stopped getting better."""
        if not self.steps:
            return False
        steps, values = self._read(log)
        decreases = METRICS[self.metric.rpartition("/")[2]]
        return has_plateaued(steps, values, self.steps, self.delta, decreases=decreases)

    def _read(self, log: Path) -> tuple[list[int], list[float]]:
        problem, _, name = self.metric.rpartition("/")
        found: dict[int, dict[str, float]] = {}
        measured = set()
        for record in read_records(log):
            of = record.get("problem", "") if record["kind"] == "eval" else ""
            if of and of == (problem or of):
                # A number that was not finite is left out of its record.
                found.setdefault(record["step"], {})[of] = record.get(name, math.nan)
                measured |= {of} if name in record else set()
        steps, means = [], []
        for step, values in found.items():
            if counting := [value for of, value in values.items() if of in measured]:
                steps.append(step)
                means.append(sum(counting) / len(counting))
        return steps, means


def has_plateaued(
    steps: Sequence[int],
    values: Sequence[float],
    num_steps: int,
    delta: float,
    *,
    decreases: bool = True,
) -> bool:
    """Return whether a metric has not got better by `delta` for `num_steps`.

    What it must be better than is its value at the last evaluation that is at least so long ago.

    Args:
        steps: Of the evaluations, rising.
        values: Of the metric, at each.
        num_steps: How long.
        delta: By how much; a value that is better by exactly that counts.
        decreases: Whether less is better.

    Example:
        >>> has_plateaued([10, 20, 30], [2.0, 1.95, 1.95], 20, 0.1)
        True
        >>> has_plateaued([10, 20, 30], [2.0, 1.5, 1.9], 20, 0.1)
        False

    Source: Tensor2Tensor, `utils/metrics_hook.py`, `has_metric_plateaued`.
    """
    if not steps:
        return False
    long_ago = sum(step <= steps[-1] - num_steps for step in steps)
    if not long_ago:
        return False
    start, *later = values[long_ago - 1 :]
    gains = ((start - value) if decreases else (value - start) for value in later)
    return all(gain < delta for gain in gains)
