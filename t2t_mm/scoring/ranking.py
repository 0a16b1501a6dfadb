"""Accuracy of classes, best and among the best five."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from t2t_mm.features import NUM_RANKED
from t2t_mm.scoring.decoded import Decoded, Scores
from t2t_mm.scoring.intervals import Statistics


def compute_top_k(decoded: Decoded) -> Scores:
    """Return how often a true class is the most probable one, and one of the five most probable.

    Returns:
        `top_1` in percent, and `top_5` where there are more than five classes: of five or fewer it
        is 100 whatever the model says.

    Example:
        >>> ranking = ["cat", "dog", "owl", "hen", "fox"]
        >>> compute_top_k(Decoded(["cat"], [["dog"]], rankings=[ranking], num_classes=6))
        {'top_1': 0.0, 'top_5': 100.0}
        >>> compute_top_k(Decoded(["cat"], [["dog"]], rankings=[["cat", "dog"]], num_classes=2))
        {'top_1': 0.0}
    """
    return count_hits(decoded).score_all()


def count_hits(decoded: Decoded) -> Statistics:
    """Count 1 for each example whose class is found, else 0; of the scores of `compute_top_k`.

    Example:
        >>> count_hits(Decoded(["cat", "owl"], [["dog"], ["owl"]])).rows.tolist()
        [[0], [1]]
    """
    hits = {"top_1": _find_hits([[name] for name in decoded.hypotheses], decoded.references)}
    if decoded.num_classes > NUM_RANKED:
        best = [ranking[:NUM_RANKED] for ranking in decoded.rankings]
        hits["top_5"] = _find_hits(best, decoded.references)
    total = max(len(decoded.hypotheses), 1)
    return Statistics(
        np.array(list(hits.values())).T,
        lambda sums: {name: 100.0 * sum_ / total for name, sum_ in zip(hits, sums, strict=True)},
    )


def _find_hits(guesses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> list[int]:
    return [int(bool(set(g) & set(r))) for g, r in zip(guesses, references, strict=True)]
