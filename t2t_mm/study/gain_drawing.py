"""Gains with their intervals as one drawing: a line for each row, and one for their mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from t2t_mm.report.markup import Markup, make_drawing, make_element

_WIDTH, _LEFT, _RIGHT, _TOP, _LINE = 560.0, 190.0, 16.0, 8.0, 24.0  # pixels
_MOST_LETTERS = 30


def draw_gains(claim: Mapping[str, Any]) -> Markup:
    """Draw the gains of a claim's rows and their mean; empty where there is none.

    A dot is a mean over seeds, a small ring the gain of one seed, a line the 95% interval over the
    seeds; where that reaches beyond the drawing it is cut.

    Args:
        claim: One of a table's, as `collect_results` gives it.
    """
    lines = [(row["label"], row, list(row["gains"].values())) for row in claim["rows"]]
    lines.append(("mean of the rows", claim, []))
    points = [value for _, one, seeds in lines for value in (one["mean"], *seeds)]
    known = [value for value in points if value is not None]
    if not known:
        return Markup()
    low, high = choose_range(known, [one["interval"] for _, one, _ in lines], claim["margin"])

    def place(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * share

    height = _TOP + _LINE * len(lines) + 22
    parts = _draw_axis(place, low, high, -claim["margin"], height - 22)
    for index, (label, one, seeds) in enumerate(lines):
        y = _TOP + _LINE * (index + 0.5)
        parts.append(make_element("text", shorten_label(label), x=_LEFT - 8, y=y + 4, class_="row"))
        parts += [
            make_element("circle", cx=place(gain), cy=y, r=2.0, class_="line") for gain in seeds
        ]
        if one["interval"]:
            x1, x2 = map(place, one["interval"])
            parts.append(make_element("line", x1=x1, x2=x2, y1=y, y2=y, class_="valid line"))
        if one["mean"] is not None:
            parts.append(
                make_element("circle", cx=place(one["mean"]), cy=y, r=4.0, class_="valid line")
            )
    told = f"Gains of {claim['better']} over {claim['than']}: {claim['text']}"
    return make_drawing("curve", parts, (_WIDTH, height), told)


def choose_range(
    values: Sequence[float], intervals: Sequence[Sequence[float] | None], margin: float = 0.0
) -> tuple[float, float]:
    """Choose from where to where gains are drawn: all values and 0, and intervals as far as is fit.

    An interval of two seeds can be a hundred times as long as their distance.

    Example:
        >>> choose_range([1.0, 3.0], [[-1.0, 5.0], None])
        (-1.3, 5.3)
    """
    ends = [0.0, -margin, *values]
    reach = 3 * (max(ends) - min(ends)) or 1.0
    around = [bound for interval in intervals if interval for bound in interval]
    low = min([*ends, *(max(bound, min(ends) - reach) for bound in around)])
    high = max([*ends, *(min(bound, max(ends) + reach) for bound in around)])
    space = 0.05 * (high - low) or 1.0
    return low - space, high + space


def _draw_axis(
    place: Any, low: float, high: float, threshold: float, bottom: float
) -> list[Markup]:
    """Draw ticks, and a strong line at the gain from which a claim holds."""
    step = 10.0 ** math.floor(math.log10(high - low))
    step = next(step * part for part in (0.2, 0.5, 1.0, 2.0) if (high - low) / (step * part) <= 8)
    parts = []
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        x = place(number * step)
        parts.append(make_element("line", x1=x, x2=x, y1=_TOP, y2=bottom, class_="grid"))
        text = f"{number * step:+g}" if number else "0"
        parts.append(make_element("text", text, x=x, y=bottom + 14, class_="tick middle"))
    x = place(threshold)
    parts.append(make_element("line", x1=x, x2=x, y1=_TOP, y2=bottom, class_="axis"))
    return parts


def shorten_label(label: str, most: int = _MOST_LETTERS) -> str:
    """Return what of a label has room in a drawing.

    Example:
        >>> shorten_label("mini_caption", 5)
        'mini…'
    """
    return label if len(label) <= most else label[: most - 1] + "…"
