"""What several seeds show: mean, deviation and the interval of a mean; over examples, too."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2t_mm.scoring.intervals import PERCENTILES, Statistics, draw_sums

_POINTS = 20_001  # of the integral below: enough for four digits
SUPPORTED, CONTRADICTED, OPEN = "supported", "contradicted", "open"


@dataclass(frozen=True)
class Summary:
    """What values of several seeds tell.

    Args:
        count: How many.
        mean: Their mean.
        deviation: Their standard deviation (of a sample); None of one value.
        interval: 95% interval of the mean by Student's t, [low, high]; None of one value.
    """

    count: int
    mean: float
    deviation: float | None = None
    interval: list[float] | None = None


def summarize(values: Sequence[float]) -> Summary | None:
    """Summarize values of several seeds; None of no value.

    Example:
        >>> found = summarize([1.0, 2.0, 3.0])
        >>> found.mean, found.deviation, [round(bound, 3) for bound in found.interval]
        (2.0, 1.0, [-0.484, 4.484])
    """
    if not values:
        return None
    mean = statistics.fmean(values)
    if len(values) == 1:
        return Summary(1, mean)
    deviation = statistics.stdev(values)
    half = find_student_quantile(len(values) - 1) * deviation / math.sqrt(len(values))
    return Summary(len(values), mean, deviation, [mean - half, mean + half])


@functools.cache
def find_student_quantile(degrees: int) -> float:
    """Find the value that Student's t stays within with a probability of 95%.

    With t = sqrt(n) tan(a), the density is that of cos(a) to the power of n - 1.

    Args:
        degrees: Of freedom, n.

    Example:
        >>> [round(find_student_quantile(degrees), 3) for degrees in (1, 2, 9)]
        [12.706, 4.303, 2.262]
    """
    angles = np.linspace(0.0, math.pi / 2, _POINTS)
    densities = np.cos(angles) ** (degrees - 1)
    sums = np.concatenate([[0.0], np.cumsum((densities[1:] + densities[:-1]) / 2)])
    angle = float(np.interp(0.95 * sums[-1], sums, angles))
    return math.sqrt(degrees) * math.tan(angle)


def judge(interval: Sequence[float] | None, margin: float = 0.0) -> str:
    """Judge a claim by the interval of a gain.

    Args:
        interval: [low, high]; None: not known.
        margin: How large a loss is still none.

    Returns:
        "supported" where all of the interval is above `-margin`, "contradicted" where all is
        below, else "open".

    Example:
        >>> judge([0.5, 2.0]), judge([-1.0, -0.2]), judge([-1.0, -0.2], margin=1.5), judge(None)
        ('supported', 'contradicted', 'supported', 'open')
    """
    if interval is None:
        return OPEN
    low, high = interval
    if low > -margin:
        return SUPPORTED
    return CONTRADICTED if high < -margin else OPEN


def bootstrap_difference(
    pairs: Sequence[tuple[Statistics, Statistics]], key: str
) -> list[float] | None:
    """Find how far the choice of examples moves the mean difference of pairs of runs.

    The examples are drawn with replacement, 1,000 times, and each time all runs are scored on the
    same ones. What other seeds would change is not in it.

    Args:
        pairs: Of each seed what the two runs' examples add to their scores; all of the same
            examples in the same order.
        key: The score.

    Returns:
        95% interval of the second's score minus the first's, [low, high]; None of fewer than two
        examples, or where they are not the same.

    Example:
        >>> def count(right: int) -> Statistics:
        ...     rows = np.array([[1]] * right + [[0]] * (100 - right))
        ...     return Statistics(rows, lambda sums: {"top_1": 1.0 * sums[0]})
        >>> bootstrap_difference([(count(50), count(60)), (count(40), count(50))], "top_1")
        [6.0, 14.0]
    """
    runs = [run for pair in pairs for run in pair]
    if not runs or len({len(run.rows) for run in runs}) > 1 or len(runs[0].rows) < 2:
        return None
    ends = np.cumsum([run.rows.shape[1] for run in runs]).tolist()
    starts = [0, *ends[:-1]]
    differences = []
    for sums in draw_sums(np.hstack([run.rows for run in runs])):
        scores = [
            run.compute_scores(sums[start:end])[key]
            for run, start, end in zip(runs, starts, ends, strict=True)
        ]
        differences.append(statistics.fmean(scores[1::2]) - statistics.fmean(scores[::2]))
    bounds: list[float] = np.percentile(differences, PERCENTILES).round(4).tolist()
    return bounds
