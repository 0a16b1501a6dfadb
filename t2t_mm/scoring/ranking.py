"""Accuracy of classes, best and among the best five."""

from __future__ import annotations

from collections.abc import Sequence

from t2t_mm.features import NUM_RANKED
from t2t_mm.scoring.decoded import Decoded, Scores


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
    scores = {"top_1": _compute_share([[name] for name in decoded.hypotheses], decoded.references)}
    if decoded.num_classes > NUM_RANKED:
        best = [ranking[:NUM_RANKED] for ranking in decoded.rankings]
        scores["top_5"] = _compute_share(best, decoded.references)
    return scores


def _compute_share(guesses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    hits = [bool(set(g) & set(r)) for g, r in zip(guesses, references, strict=True)]
    return round(100.0 * sum(hits) / max(len(hits), 1), 4)
