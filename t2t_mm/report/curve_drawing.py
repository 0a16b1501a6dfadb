"""Training loss and log perplexity over the steps, as one small SVG per problem."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from t2t_mm.report.markup import Markup, make_card, make_drawing, make_element, make_section
from t2t_mm.report.run_facts import Curve, Points, RunFacts, format_duration

_WIDTH, _HEIGHT = 320.0, 190.0  # pixels on a phone
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 78.0, 10.0, 24.0  # margins, for ticks and labels
_MOST_POINTS = 160  # of one line; more than the pixels can show
_FLOOR = 0.001  # a logarithm needs an end


@dataclass(frozen=True)
class Scale:
    """What all charts share, so that one can compare them.

    Args:
        steps: The last step.
        low: The lowest value, above zero.
        high: The highest value.
        seconds: Spent in these steps; 0 where nobody knows.
    """

    steps: int
    low: float
    high: float
    seconds: float = 0.0

    def x(self, step: float) -> float:
        """Return the pixels from the left."""
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * step / self.steps

    def y(self, value: float) -> float:
        """Return the pixels from the top; logarithmic."""
        part = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * part

    def ticks(self) -> list[float]:
        """List the round values between low and high: 1, 2 and 5 times powers of ten.

        Example:
            >>> Scale(10, 0.3, 6.0).ticks()
            [0.5, 1.0, 2.0, 5.0]
        """
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        values = [round(digit * 10.0**power, 6) for power in exponents for digit in (1, 2, 5)]
        return [value for value in values if self.low <= value <= self.high]


def make_curve_section(facts: RunFacts, names: Sequence[str]) -> Markup:
    """Return a chart of each problem's loss; empty where the log has no point of theirs."""
    curves = {name: facts.curves[name] for name in names if name in facts.curves}
    scale = choose_scale(curves.values(), facts.seconds)
    if scale is None:
        return Markup()
    note = (
        "Training loss and log perplexity on held-out examples, in nats per symbol or class; the "
        "axis is logarithmic and the same for all."
    )
    if smoothing := facts.hparams.get("train", {}).get("label_smoothing"):
        note += f" Label smoothing of {smoothing:g} keeps the training loss up."
    charts = [
        make_card(name, draw_curve(curve, scale, f"Loss of {name}"))
        for name, curve in curves.items()
    ]
    return make_section("Learning", note, make_element("div", *charts, class_="cards"))


def choose_scale(curves: Iterable[Curve], seconds: float = 0.0) -> Scale | None:
    """Return the scale that holds all points; None where there is no curve to draw.

    Args:
        curves: What is drawn on it.
        seconds: Spent in the steps of all.
    """
    lines = [line for curve in curves for line in (curve.train, curve.validation)]
    points = [point for line in lines for point in line]
    if not points:
        return None
    values = [max(value, _FLOOR) for _, value in points]
    low, high = min(values) / 1.1, max(values) * 1.1
    return Scale(max(1, max(step for step, _ in points)), low, high, seconds)


def draw_curve(curve: Curve, scale: Scale, description: str) -> Markup:
    """Draw one problem's lines, each with its name at its end and the value there.

    That is the last one, or the mean of the last few where there are too many points to see.

    Args:
        curve: The points.
        scale: Of all charts.
        description: What the drawing shows, for those who do not see it.
    """
    lines = [
        (name, thin_points(points))
        for name, points in (("train", curve.train), ("valid.", curve.validation))
        if points
    ]
    parts = _draw_axes(scale)
    for name, points in lines:
        kind = "line " + name.rstrip(".")
        path = " ".join(f"{scale.x(step):.1f},{scale.y(value):.1f}" for step, value in points)
        parts.append(make_element("polyline", points=path, class_=kind))
        step, value = points[-1]
        parts.append(
            make_element("circle", cx=scale.x(step), cy=scale.y(value), r=2.5, class_=kind)
        )
    heights = spread_labels([scale.y(points[-1][1]) for _, points in lines], 13.0)
    for (name, points), y in zip(lines, heights, strict=True):
        text = f"{name} {points[-1][1]:.2f}"
        kind = "end " + name.rstrip(".")
        parts.append(make_element("text", text, x=scale.x(points[-1][0]) + 6, y=y + 4, class_=kind))
    return make_drawing("curve", parts, (_WIDTH, _HEIGHT), description)


def _draw_axes(scale: Scale) -> list[Markup]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for value in scale.ticks():
        y = scale.y(value)
        parts.append(make_element("line", x1=_LEFT, x2=right, y1=y, y2=y, class_="grid"))
        parts.append(make_element("text", f"{value:g}", x=_LEFT - 5, y=y + 3.5, class_="tick last"))
    parts.append(make_element("line", x1=_LEFT, x2=right, y1=bottom, y2=bottom, class_="axis"))
    end = f"{scale.steps:,} steps"
    if scale.seconds:
        end += f", {format_duration(scale.seconds)}"
    for step, text, kind in ((0, "0", "tick"), (scale.steps, end, "tick last")):
        parts.append(make_element("text", text, x=scale.x(step), y=bottom + 15, class_=kind))
    return parts


def thin_points(points: Points, most: int = _MOST_POINTS) -> Points:
    """Replace runs of neighbouring points by their mean where there are too many to see.

    Example:
        >>> thin_points([(1, 2.0), (2, 4.0), (3, 1.0)], most=2)
        [(2, 3.0), (3, 1.0)]
    """
    run = math.ceil(len(points) / most)
    parts = [points[start : start + run] for start in range(0, len(points), run)]
    return [(part[-1][0], sum(value for _, value in part) / len(part)) for part in parts]


def spread_labels(heights: Sequence[float], distance: float) -> list[float]:
    """Move two labels apart that would overlap; one alone stays.

    Example:
        >>> spread_labels([50.0, 52.0], 10.0)
        [46.0, 56.0]
    """
    if len(heights) != 2 or abs(heights[0] - heights[1]) >= distance:
        return list(heights)
    middle, half = sum(heights) / 2, distance / 2
    first_is_above = heights[0] <= heights[1]
    return [middle - half, middle + half] if first_is_above else [middle + half, middle - half]
