"""The geometry of drawings: closed curves, and the parts and drawings that are made of them.

Coordinates run from -1 to 1 to the right and *down*, as in pictures. Everything is rounded to six
decimals, so that no machine's own sine shows in a picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, TypeAlias

Point: TypeAlias = tuple[float, float]
Contour: TypeAlias = tuple[Point, ...]
Shade: TypeAlias = Literal["fill", "dark", "light"]

_POINTS_OF_A_CIRCLE: Final = 28


@dataclass(frozen=True, slots=True)
class Part:
    """What is painted in one shade, over the parts before it.

    Args:
        shade: The thing's own colour ("fill"), or a darker or lighter one of the same hue.
        solids: Closed curves; where two overlap, they are one.
        holes: Closed curves that are cut out; a hole lies in a single solid.
    """

    shade: Shade
    solids: tuple[Contour, ...]
    holes: tuple[Contour, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a kind of thing looks.

    Args:
        parts: From back to front.
        turn: By how many degrees it may be turned either way and still be recognised.
        well: (x, y, radius) of the free room in it, where it can hold another thing.
    """

    parts: tuple[Part, ...]
    turn: float = 18.0
    well: tuple[float, float, float] | None = None


def fill(*solids: Contour, holes: tuple[Contour, ...] = ()) -> Part:
    """Make a part in the thing's own colour."""
    return Part("fill", solids, holes)


def darken(*solids: Contour) -> Part:
    """Make a part in a darker shade of the thing's colour."""
    return Part("dark", solids)


def lighten(*solids: Contour) -> Part:
    """Make a part in a lighter shade of the thing's colour."""
    return Part("light", solids)


def outline_polygon(*points: Point) -> Contour:
    """Join some corners to a closed curve."""
    return tuple((round(x, 6), round(y, 6)) for x, y in points)


def outline_rectangle(left: float, top: float, right: float, bottom: float) -> Contour:
    """Outline an upright rectangle."""
    return outline_polygon((left, top), (right, top), (right, bottom), (left, bottom))


def outline_ellipse(x: float, y: float, across: float, down: float = 0.0) -> Contour:
    """Outline an ellipse by its centre and half axes; a circle where `down` is left out."""
    return outline_polygon(*outline_arc(x, y, across, 0.0, 360.0, down)[:-1])


def outline_arc(
    x: float, y: float, across: float, start: float, end: float, down: float = 0.0
) -> tuple[Point, ...]:
    """Outline an arc by its points, both ends included.

    Args:
        x: Centre, from the left.
        y: Centre, from the top.
        across: Half axis to the right, or radius.
        start: Angle in degrees from the right, clockwise.
        end: Angle in degrees; less than `start` goes anticlockwise.
        down: Half axis downwards, `across` where left out.
    """
    steps = max(4, round(_POINTS_OF_A_CIRCLE * abs(end - start) / 360.0))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return tuple(
        (x + across * math.cos(angle), y + (down or across) * math.sin(angle)) for angle in angles
    )


def outline_bend(start: Point, pull: Point, end: Point, steps: int = 8) -> tuple[Point, ...]:
    """Outline a quadratic Bézier curve by its points from `start` to `end`, both included."""
    found = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        found.append(
            (a * start[0] + b * pull[0] + c * end[0], a * start[1] + b * pull[1] + c * end[1])
        )
    return tuple(found)


def outline_stroke(width: float, *points: Point) -> tuple[Contour, ...]:
    """Outline a stroke along some points, round at its bends, as solids that overlap."""
    half = width / 2
    solids = [outline_ellipse(x, y, half) for x, y in points[1:-1]]
    for (x0, y0), (x1, y1) in pairwise(points):
        length = math.hypot(x1 - x0, y1 - y0)
        across, down = half * (y0 - y1) / length, half * (x1 - x0) / length
        solids.append(
            outline_polygon(
                (x0 + across, y0 + down),
                (x1 + across, y1 + down),
                (x1 - across, y1 - down),
                (x0 - across, y0 - down),
            )
        )
    return tuple(solids)


def measure_signed_area(contour: Contour) -> float:
    """Measure the area of a closed curve, positive where it runs clockwise on the screen."""
    ends = contour[1:] + contour[:1]
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(contour, ends, strict=True)) / 2
