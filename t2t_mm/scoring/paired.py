"""Whether two systems differ on the same examples: the paired bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2t_mm.errors import UserError
from t2t_mm.scoring.intervals import PERCENTILES, Statistics, draw_sums

SIGNIFICANT = 0.05
"""A difference with a smaller p-value is called one."""


@dataclass(frozen=True)
class PairedDifference:
    """How a score of two systems differs on the same examples.

    Args:
        a: The score of the first, in percent.
        b: The score of the second.
        difference: `b - a`.
        interval: 95% interval of the difference, [low, high].
        p_value: How often resamples of the examples contradict the sign of the difference, twofold
            since either could have been the better one; 1 where the two are alike.
    """

    a: float
    b: float
    difference: float
    interval: list[float]
    p_value: float

    def name_better(self, lower_is_better: bool = False) -> str:
        """Return "a" or "b", whichever is better; "" where no difference is shown.

        Example:
            >>> PairedDifference(30.0, 20.0, -10.0, [-12.0, -8.0], 0.002).name_better()
            'a'
        """
        if self.p_value >= SIGNIFICANT or not self.difference:
            return ""
        return "b" if (self.difference > 0) != lower_is_better else "a"


def compare_paired(a: Statistics, b: Statistics) -> dict[str, PairedDifference]:
    """Compare the scores of two systems on the same examples by the paired bootstrap.

    The examples are drawn with replacement, 1,000 times, and each time both systems are scored on
    the same ones: examples that are hard for both move both scores, and not their difference. What
    another seed of training would change is not in it.

    Args:
        a: Of N examples.
        b: Of the same examples in the same order.

    Returns:
        By score.

    Raises:
        UserError: There are fewer than two examples.

    Example:
        >>> def count(right: int) -> Statistics:
        ...     rows = np.array([[1]] * right + [[0]] * (100 - right))
        ...     return Statistics(rows, lambda sums: {"top_1": 1.0 * sums[0]})
        >>> compare_paired(count(50), count(60))["top_1"]
        PairedDifference(a=50.0, b=60.0, difference=10.0, interval=[4.0, 16.0], p_value=0.002)

    Source: Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation".
    Departs: two-sided; resamples without a difference count for both sides, and one more is added
        to them, so that p is never 0 (as in sacreBLEU).
    """
    if len(a.rows) < 2:
        raise UserError("Fewer than two examples cannot be compared")
    assert len(a.rows) == len(b.rows), "the same examples"
    width = a.rows.shape[1]
    differences: dict[str, list[float]] = {}
    for sums in draw_sums(np.hstack([a.rows, b.rows])):
        scores_a, scores_b = a.compute_scores(sums[:width]), b.compute_scores(sums[width:])
        for name, score in scores_a.items():
            # Rounded as scores are: the sums of equal systems may differ in their last bits.
            differences.setdefault(name, []).append(round(scores_b[name] - score, 4))
    all_a, all_b = a.score_all(), b.score_all()
    return {
        name: PairedDifference(
            a=all_a[name],
            b=all_b[name],
            difference=round(all_b[name] - all_a[name], 4),
            interval=np.percentile(values, PERCENTILES).round(4).tolist(),
            p_value=_compute_p_value(np.array(values)),
        )
        for name, values in differences.items()
    }


def _compute_p_value(differences: np.ndarray) -> float:
    rarer = min(np.sum(differences <= 0), np.sum(differences >= 0))
    return round(float(min(1.0, 2 * (rarer + 1) / (len(differences) + 1))), 4)
