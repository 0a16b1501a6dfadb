"""How the gradients of problems agree, as tables that are drawn as maps are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2t_mm.study.seed_statistics import OPEN

GRADIENTS = (
    "Cosines of the gradients of two problems, times 100, by the variables of encoder, mixer and "
    "decoder that both reach, on held-out examples: above 0 a step for one is a step for the other."
)


def make_gradient_tables(gradients: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Make a table of each problem's mean over the training, and one of all pairs at its end.

    Args:
        gradients: As `collect_results` gives them, not empty.

    Returns:
        Tables with `title`, `rows` and `gains`, as `draw_gain_map` takes them.
    """
    steps = {int(step): one["cosines"] for step, one in gradients["steps"].items()}
    last = max(steps)
    over_training = {
        f"step {step:,}": {name: _make_place(list(row.values())) for name, row in cosines.items()}
        for step, cosines in sorted(steps.items())
    }
    of_pairs = {
        other: {
            name: _make_place([row[other]]) for name, row in steps[last].items() if other in row
        }
        for other in steps[last]
    }
    rows = [{"label": name} for name in steps[last]]
    return [
        {"title": "Mean over the other problems, on the way", "rows": rows, "gains": over_training},
        {"title": f"Each pair of problems, at step {last:,}", "rows": rows, "gains": of_pairs},
    ]


def _make_place(cosines: list[float | None]) -> dict[str, Any]:
    known = [100 * one for one in cosines if one is not None]
    mean = sum(known) / len(known) if known else None
    return {"mean": mean, "interval": None, "verdict": OPEN}
