"""What the paper reports of the problems that others stand for, to stand beside their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from t2t_mm.data.declaring.problem import Problem

SOURCE = (
    "Reported: arXiv:1706.05137, per-token accuracy in percent, on the paper's own data, models "
    "and numbers of steps."
)
# By the first metric of a problem, with its command where that tells more: Tables 2 and 4.
JOINT_AND_ALONE = {
    "top_k": (66.0, 67.0),
    "bleu de": (72.0, 71.0),
    "wer": (41.0, 23.0),
    "brackets": (98.0, 97.0),
}
BLOCKS = {"top_k": (67.0, 66.0, 67.0), "bleu fr": (76.0, 74.0, 72.0)}
OF_TREES = {"alone": 97.1, "with image": 97.5, "with all": 97.9}  # Table 3


def find_reported(
    problem: Problem, table: Mapping[str, Sequence[float]], columns: Sequence[str]
) -> dict[str, float]:
    """Return by column what the paper reports of the problem that one stands for; empty of none.

    Args:
        problem: The problem.
        table: `JOINT_AND_ALONE` or `BLOCKS`.
        columns: Of its numbers, in order; the last may have none.

    Example:
        >>> from t2t_mm import registry
        >>> find_reported(registry.problem("mini_ende"), JOINT_AND_ALONE, ("joint", "alone"))
        {'joint': 72.0, 'alone': 71.0}
    """
    metric = next(iter(problem.metrics), "")
    found = table.get(f"{metric} {problem.command_name}", table.get(metric, ()))
    return dict(zip(columns, found, strict=False))
