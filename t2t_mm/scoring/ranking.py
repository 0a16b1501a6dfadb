"""Accuracy of classes, best and among the best five."""

from __future__ import annotations

from collections.abc import Sequence

from t2t_mm.features import NUM_RANKED


def compute_top_k(
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    rankings: Sequence[Sequence[str]] = (),
) -> dict[str, float]:
    """Return how often a true class is the most probable one, and one of the five most probable.

    Args:
        hypotheses: The name of the most probable class of each example.
        references: The names of the true classes of each example.
        rankings: The names of the (up to) five most probable classes, best first; may be empty.

    Returns:
        `top_1` in percent, and `top_5` where there are rankings. With five classes or fewer, top_5
        is 100.

    Example:
        >>> compute_top_k(["cat"], [["dog"]], [["cat", "dog", "owl"]])
        {'top_1': 0.0, 'top_5': 100.0}
    """
    scores = {"top_1": _compute_share([[name] for name in hypotheses], references)}
    if rankings:
        scores["top_5"] = _compute_share([ranking[:NUM_RANKED] for ranking in rankings], references)
    return scores


def _compute_share(guesses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    hits = [bool(set(g) & set(r)) for g, r in zip(guesses, references, strict=True)]
    return round(100.0 * sum(hits) / max(len(hits), 1), 4)
