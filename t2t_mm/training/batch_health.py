"""What is usual of a problem's batches, and how far from that one of them is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

WARM_UP = 100
"""Batches of a problem before one of them can be unusual; and about how many are remembered."""
UNUSUAL = 6.0
"""Deviations from the running mean beyond which a batch is unusual."""
_LEAST_DEVIATION = 1e-3
"""In parts of the mean: a number that hardly ever changes is not unusual when it does."""


@dataclass
class RunningNumber:
    """Running mean and variance of a number.

    The n-th value x moves them by a = max(1 / n, 1 / 100): with d = x - mean, mean += a d and
    variance = (1 - a) (variance + a d^2). So the first hundred count alike, and later ones fade.

    Args:
        count: Values so far.
        mean: Their mean.
        variance: Their variance.

    Example:
        >>> number = RunningNumber()
        >>> [number.add(value) for value in [1.0, 3.0] * 50 + [2.0, 62.0]][-2:]
        [0.0, 60.30...]
        >>> round(number.mean, 3)
        2.6

    Source: Finch 2009, "Incremental calculation of weighted mean and variance", section 9.
    """

    count: int = 0
    mean: float = 0.0
    variance: float = 0.0

    def add(self, value: float) -> float:
        """Add a finite value; return how many deviations it lies from the mean before it.

        The first hundred are none: what is usual is not known yet.
        """
        difference, deviations = value - self.mean, 0.0
        if self.count >= WARM_UP:
            least = _LEAST_DEVIATION * abs(self.mean) + 1e-12
            deviations = difference / max(math.sqrt(self.variance), least)
        self.count += 1
        share = max(1.0 / self.count, 1.0 / WARM_UP)
        self.mean += share * difference
        self.variance = (1.0 - share) * (self.variance + share * difference**2)
        return deviations


@dataclass
class BatchHealth:
    """What is known of the batches of one problem; checkpoints hold it.

    Args:
        faults_in_row: Batches up to now without a finite loss and gradient.
        usual: "loss" and "gradient_norm" of the others.
    """

    faults_in_row: int = 0
    usual: dict[str, RunningNumber] = field(default_factory=dict)

    def add(self, values: Mapping[str, float]) -> dict[str, float]:
        """Add the numbers of a finite batch; return those that are unusual, in deviations.

        Example:
            >>> health = BatchHealth()
            >>> for loss in [2.0, 2.2] * 50:
            ...     assert not health.add({"loss": loss})
            >>> health.add({"loss": 3.1})
            {'loss': 10.0}
        """
        self.faults_in_row = 0
        found = {
            name: round(self.usual.setdefault(name, RunningNumber()).add(value), 1)
            for name, value in values.items()
        }
        return {name: one for name, one in found.items() if abs(one) > UNUSUAL}

    def to_json(self) -> dict[str, Any]:
        """Return the record that a checkpoint keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> BatchHealth:
        """Read the record that `to_json` gave."""
        usual = {
            name: RunningNumber(int(one["count"]), float(one["mean"]), float(one["variance"]))
            for name, one in record["usual"].items()
        }
        return cls(int(record["faults_in_row"]), usual)
