"""Bootstrap intervals of scores: how far the choice of examples alone moves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

NUM_RESAMPLES = 1000
PERCENTILES = (2.5, 97.5)
_SEED = 12345  # of the resamples, the same in every run and for every metric
_MOST_COUNTS = 2**20  # drawn at a time: 8 MiB

Intervals = dict[str, list[float]]


@dataclass(frozen=True)
class Statistics:
    """What each example adds to the sums from which a metric's scores are computed.

    Args:
        rows: float[N, S], a row for each example, such as its errors and its true words.
        compute_scores: Computes scores from the S sums over N examples, in percent by name.

    Example:
        >>> rates = Statistics(np.array([[1, 4], [0, 6]]), lambda sums: {"wer": sums[0] / sums[1]})
        >>> rates.compute_scores(rates.rows.sum(axis=0).tolist())
        {'wer': 0.1}
    """

    rows: npt.NDArray[Any]
    compute_scores: Callable[[Sequence[float]], dict[str, float]]

    def score_all(self) -> dict[str, float]:
        """Return the scores of all examples, to four digits after the point."""
        scores = self.compute_scores(self.rows.sum(axis=0).tolist())
        return {name: round(score, 4) for name, score in scores.items()}


def compute_intervals(statistics: Statistics) -> Intervals:
    """Compute the 95% interval of each score by the percentile bootstrap.

    As many examples as there are, are drawn from them with replacement, 1,000 times; between the
    percentiles 2.5 and 97.5 of the resamples' scores lies the interval. It says how far another
    choice of as many such examples may move the score; not how far another seed of training may.

    Args:
        statistics: Of N examples.

    Returns:
        By score [low, high], to four digits; nothing of fewer than two examples.

    Example:
        >>> hits = Statistics(np.array([[1]] * 50 + [[0]] * 50), lambda sums: {"top_1": sums[0]})
        >>> compute_intervals(hits)  # the binomial's own: 50 and 9.8 about it
        {'top_1': [40.0, 59.0]}

    Source: Efron 1979, "Bootstrap Methods: Another Look at the Jackknife"; Koehn 2004,
        "Statistical Significance Tests for Machine Translation Evaluation".
    """
    if len(statistics.rows) < 2:
        return {}
    scores = [statistics.compute_scores(sums) for sums in draw_sums(statistics.rows)]
    values = np.array([list(resample.values()) for resample in scores])
    bounds = np.percentile(values, PERCENTILES, axis=0).T.round(4)
    return dict(zip(scores[0], bounds.tolist(), strict=True))


def draw_sums(rows: npt.NDArray[Any]) -> Iterator[list[float]]:
    """Yield the sums of each of 1,000 resamples of the examples, the same at every call.

    Args:
        rows: float[N, S], as those of `Statistics`; beside each other those of two systems, which
            so have the same examples in each resample.

    Yields:
        The S sums: how often the resample has each example times the examples' rows.

    Example:
        >>> first, *others = draw_sums(np.array([[1, 10], [2, 20]]))
        >>> len(others), first[1] == 10 * first[0]
        (999, True)
    """
    generator = np.random.default_rng(_SEED)
    num_examples = len(rows)
    most = max(1, _MOST_COUNTS // num_examples)
    for start in range(0, NUM_RESAMPLES, most):
        number = min(most, NUM_RESAMPLES - start)
        chosen = generator.integers(num_examples, size=(number, num_examples))
        chosen += num_examples * np.arange(number)[:, None]
        counts = np.bincount(chosen.ravel(), minlength=number * num_examples)
        yield from (counts.reshape(number, num_examples) @ rows.astype(float)).tolist()


def count_by_sacrebleu(
    metric: Any, hypotheses: Sequence[str], columns: Sequence[Sequence[Any]], name: str
) -> Statistics:
    """Count what sacreBLEU itself counts in each example.

    Args:
        metric: A metric of sacreBLEU.
        hypotheses: One text for each example.
        columns: The references, as sacreBLEU reads them.
        name: Of the score.

    Example:
        >>> from sacrebleu.metrics.bleu import BLEU
        >>> count_by_sacrebleu(BLEU(), ["a b c d"], [["a b c d"]], "bleu").score_all()
        {'bleu': 100.0}
    """
    rows = metric._extract_corpus_statistics(hypotheses, columns)
    return Statistics(
        np.array(rows), lambda sums: {name: metric._compute_score_from_stats(sums).score}
    )
