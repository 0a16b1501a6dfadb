"""How the twelve plain shapes of the miniature are drawn."""

import math
from typing import Final

from t2t_mm.problems.miniature.picture_contours import (
    Contour,
    Drawing,
    fill,
    outline_arc,
    outline_bend,
    outline_ellipse,
    outline_polygon,
    outline_rectangle,
)


def _outline_star() -> Contour:
    corners = []
    for corner in range(10):
        angle = math.radians(36 * corner - 90)
        radius = 0.45 if corner % 2 else 1.06
        corners.append((radius * math.cos(angle), 0.08 + radius * math.sin(angle)))
    return outline_polygon(*corners)


def _outline_heart() -> Contour:
    right = (
        *outline_bend((0.0, -0.42), (0.1, -0.88), (0.52, -0.88)),
        *outline_bend((0.52, -0.88), (1.0, -0.86), (1.0, -0.34))[1:],
        *outline_bend((1.0, -0.34), (0.96, 0.2), (0.0, 0.94))[1:],
    )
    left = [(-x, y) for x, y in reversed(right[1:-1])]
    return outline_polygon(*right, *left)


def _outline_moon() -> Contour:
    """Outline a crescent: a disc less a smaller one whose centre lies 0.42 to the right."""
    outer = outline_arc(0.16, 0.0, 1.0, 47.5, 312.5)
    inner = outline_arc(0.58, 0.0, 0.78, 289.2, 70.8)
    return outline_polygon(*outer, *inner[1:-1])


def _outline_cross(arm: float) -> Contour:
    right = [(1.0, -arm), (1.0, arm), (arm, arm)]
    quarters = [right]
    for _ in range(3):
        quarters.append([(-y, x) for x, y in quarters[-1]])
    return outline_polygon(*(point for quarter in quarters for point in quarter))


SHAPE_DRAWINGS: Final[dict[str, Drawing]] = {
    "circle": Drawing((fill(outline_ellipse(0.0, 0.0, 0.93)),), turn=180.0, well=(0.0, 0.0, 0.6)),
    "square": Drawing(
        (fill(outline_rectangle(-0.84, -0.84, 0.84, 0.84)),), turn=14.0, well=(0.0, 0.0, 0.62)
    ),
    "triangle": Drawing(
        (fill(outline_polygon((0.0, -0.94), (1.02, 0.84), (-1.02, 0.84))),), well=(0.0, 0.25, 0.44)
    ),
    "star": Drawing((fill(_outline_star()),), turn=36.0),
    "heart": Drawing((fill(_outline_heart()),), turn=24.0, well=(0.0, -0.12, 0.5)),
    "arrow": Drawing(
        (
            fill(
                outline_polygon(
                    *((-1.0, -0.24), (0.1, -0.24), (0.1, -0.72), (1.0, 0.0)),
                    *((0.1, 0.72), (0.1, 0.24), (-1.0, 0.24)),
                )
            ),
        ),
        turn=180.0,
    ),
    "cross": Drawing((fill(_outline_cross(0.3)),), turn=20.0),
    "moon": Drawing((fill(_outline_moon()),), turn=45.0),
    "ring": Drawing(
        (fill(outline_ellipse(0.0, 0.0, 0.97), holes=(outline_ellipse(0.0, 0.0, 0.6),)),),
        turn=180.0,
        well=(0.0, 0.0, 0.56),
    ),
    "diamond": Drawing(
        (fill(outline_polygon((0.0, -1.04), (0.68, 0.0), (0.0, 1.04), (-0.68, 0.0))),),
        turn=12.0,
        well=(0.0, 0.0, 0.48),
    ),
    "oval": Drawing(
        (fill(outline_ellipse(0.0, 0.0, 1.04, 0.62)),), turn=15.0, well=(0.0, 0.0, 0.5)
    ),
    "cloud": Drawing(
        (
            fill(
                outline_ellipse(-0.6, 0.24, 0.4),
                outline_ellipse(-0.28, -0.12, 0.46),
                outline_ellipse(0.3, -0.06, 0.4),
                outline_ellipse(0.68, 0.3, 0.34),
                outline_rectangle(-0.62, 0.2, 0.7, 0.64),
            ),
        ),
        turn=10.0,
    ),
}
