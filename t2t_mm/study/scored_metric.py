"""The metric of a row: which score of a problem it is, and which way is better."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.scoring.metrics import METRICS, name_score
from t2t_mm.study.definition import FORCED_METRICS, Row, Table

MAIN = "main"


@dataclass(frozen=True)
class ScoredMetric:
    """A score that a table shows.

    Args:
        key: Its name among the scores of a problem.
        label: What a reader sees.
        metric: The entry of `METRICS` that gives it; empty: it needs no decoding.
        lower_is_better: Whether the smaller one is the better.
    """

    key: str
    label: str
    metric: str = ""
    lower_is_better: bool = False

    @property
    def unit(self) -> str:
        """Of its values: what has another one cannot be averaged with it."""
        return "nats" if self.key == "log_perplexity" else "percent"

    def read(self, result: Mapping[str, Any]) -> float | None:
        """Return the score among those of `evaluate`; None where it is not there or not finite."""
        scores = result if self.metric else result.get("teacher_forced", {})
        value = scores.get(self.key)
        return float(value) if value is not None and math.isfinite(value) else None

    def gain(self, better: float, than: float) -> float:
        """Return by how much one score is better than another; negative where it is worse."""
        return than - better if self.lower_is_better else better - than


def choose_metric(
    table: Table, row: Row, find: Callable[[str], Problem] = registry.problem
) -> ScoredMetric:
    """Choose the metric of a row.

    Args:
        table: Whose row it is.
        row: The row.
        find: As for `check_study`.

    Raises:
        UserError: Its problem has no such score.

    Example:
        >>> row = Row(problem="mini_parse", cells={})
        >>> choose_metric(Table(title="", rows=(), metric="main"), row).label
        'F1'
    """
    name = row.metric or table.metric
    if name in FORCED_METRICS:
        return ScoredMetric(name, name_score(name), lower_is_better=name == "log_perplexity")
    metrics = list(find(row.problem).metrics)
    by_key = {METRICS[one].key: one for one in metrics if one in METRICS}
    key = next(iter(by_key), "") if name == MAIN else name
    if key not in by_key:
        names = [*FORCED_METRICS, *by_key, MAIN]
        raise UserError(
            f"Table {table.title!r} has the metric {name!r}, which {row.problem} is not scored by."
            f"{suggest_closest(name, names)}",
            expected=", ".join(names),
        )
    metric = METRICS[by_key[key]]
    return ScoredMetric(key, metric.label, by_key[key], metric.lower_is_better)
