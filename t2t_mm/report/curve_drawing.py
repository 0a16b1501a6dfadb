"""Training loss and log perplexity over the steps, as one small SVG per problem."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from t2t_mm.report.markup import Markup, make_card, make_drawing, make_element, make_section
from t2t_mm.report.run_facts import Curve, RunFacts, format_duration

_WIDTH, _HEIGHT = 320.0, 190.0  # pixels on a phone
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 78.0, 10.0, 24.0  # margins, for ticks and labels
_MOST_POINTS = 160  # of one line; more than the pixels can show
_FLOOR = 0.001  # a logarithm needs an end

Points = Sequence[tuple[float, float]]
"""Step or second, and value."""


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Args:
        label: What stands before the value at its end.
        points: One or more.
        kind: Its class, which has its colour.
    """

    label: str
    points: Points
    kind: str


@dataclass(frozen=True)
class Scale:
    """What all charts share, so that one can compare them.

    Args:
        end: The last step, or second.
        low: The lowest value, above zero.
        high: The highest value.
        told: What stands at the end of the axis.
    """

    end: float
    low: float
    high: float
    told: str = ""

    def x(self, time: float) -> float:
        """Return the pixels from the left of a step, or a second."""
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * time / self.end

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
    scale = hold_points([point for line in lines for point in line])
    if scale is None:
        return None
    spent = f", {format_duration(seconds)}" if seconds else ""
    return dataclasses.replace(scale, told=f"{scale.end:,.0f} steps{spent}")


def hold_points(points: Points) -> Scale | None:
    """Return the scale that just holds some points; None where there are none."""
    if not points:
        return None
    values = [max(value, _FLOOR) for _, value in points]
    return Scale(max(1, *(time for time, _ in points)), min(values) / 1.1, max(values) * 1.1)


def draw_curve(curve: Curve, scale: Scale, description: str) -> Markup:
    """Draw one problem's lines, each with its name at its end and the value there.

    That is the last one, or the mean of the last few where there are too many points to see.

    Args:
        curve: The points.
        scale: Of all charts.
        description: What the drawing shows, for those who do not see it.
    """
    lines = [
        Line(f"{name} ", points, kind=name.rstrip("."))
        for name, points in (("train", curve.train), ("valid.", curve.validation))
        if points
    ]
    return draw_lines(lines, scale, description)


def draw_lines(lines: Sequence[Line], scale: Scale, description: str) -> Markup:
    """Draw lines over steps or seconds, each with its label and last value at its end.

    Args:
        lines: One or more.
        scale: Of all charts.
        description: What the drawing shows, for those who do not see it.
    """
    parts = _draw_axes(scale)
    thinned = [thin_points(line.points) for line in lines]
    heights = spread_labels([scale.y(points[-1][1]) for points in thinned], 13.0)
    for line, points, height in zip(lines, thinned, heights, strict=True):
        kind = f"line {line.kind}"
        path = " ".join(f"{scale.x(time):.1f},{scale.y(value):.1f}" for time, value in points)
        parts.append(make_element("polyline", points=path, class_=kind))
        time, value = points[-1]
        x = scale.x(time)
        parts.append(make_element("circle", cx=x, cy=scale.y(value), r=2.5, class_=kind))
        text, kind = f"{line.label}{value:.2f}", f"end {line.kind}"
        parts.append(make_element("text", text, x=x + 6, y=height + 4, class_=kind))
    return make_drawing("curve", parts, (_WIDTH, _HEIGHT), description)


def _draw_axes(scale: Scale) -> list[Markup]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for value in scale.ticks():
        y = scale.y(value)
        parts.append(make_element("line", x1=_LEFT, x2=right, y1=y, y2=y, class_="grid"))
        parts.append(make_element("text", f"{value:g}", x=_LEFT - 5, y=y + 3.5, class_="tick last"))
    parts.append(make_element("line", x1=_LEFT, x2=right, y1=bottom, y2=bottom, class_="axis"))
    for time, text, kind in ((0, "0", "tick"), (scale.end, scale.told, "tick last")):
        parts.append(make_element("text", text, x=scale.x(time), y=bottom + 15, class_=kind))
    return parts


def thin_points(points: Points, most: int = _MOST_POINTS) -> list[tuple[float, float]]:
    """Replace runs of neighbouring points by their mean where there are too many to see.

    Example:
        >>> thin_points([(1, 2.0), (2, 4.0), (3, 1.0)], most=2)
        [(2, 3.0), (3, 1.0)]
    """
    run = math.ceil(len(points) / most)
    parts = [points[start : start + run] for start in range(0, len(points), run)]
    return [(part[-1][0], sum(value for _, value in part) / len(part)) for part in parts]


def spread_labels(heights: Sequence[float], distance: float) -> list[float]:
    """Move labels apart that would overlap, each as little as keeps their order; others stay.

    Example:
        >>> spread_labels([50.0, 52.0, 90.0], 10.0)
        [46.0, 56.0, 90.0]
    """
    order = sorted(range(len(heights)), key=heights.__getitem__)
    groups: list[tuple[float, int]] = []  # where the first label would be, and how many they are
    for place, index in enumerate(order):
        groups.append((heights[index] - place * distance, 1))
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (last, more), (first, some) = groups.pop(), groups.pop()
            groups.append(((first * some + last * more) / (some + more), some + more))
    starts = [start for start, size in groups for _ in range(size)]
    moved = {index: starts[place] + place * distance for place, index in enumerate(order)}
    return [moved[index] for index in range(len(heights))]
