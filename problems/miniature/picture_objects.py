"""How the sixteen everyday objects of the miniature are drawn."""

import math
from typing import Final

from t2t_mm.problems.miniature.picture_contours import (
    Contour,
    Drawing,
    arc,
    bend,
    dark,
    ellipse,
    fill,
    light,
    line,
    polygon,
    rectangle,
)


def _house() -> Drawing:
    return Drawing(
        (
            fill(rectangle(-0.72, -0.12, 0.72, 0.95)),
            dark(
                polygon((-1.0, -0.08), (0.0, -0.98), (1.0, -0.08)),
                rectangle(0.1, 0.36, 0.46, 0.95),
            ),
            light(rectangle(-0.5, 0.16, -0.12, 0.54)),
        ),
        well=(0.0, 0.4, 0.5),
    )


def _tree() -> Drawing:
    tiers = [
        polygon((0.0, top), (wide, bottom), (-wide, bottom))
        for top, bottom, wide in ((-1.0, -0.38, 0.5), (-0.7, 0.14, 0.68), (-0.3, 0.66, 0.86))
    ]
    return Drawing((dark(rectangle(-0.17, 0.5, 0.17, 1.0)), fill(*tiers)), turn=12.0)


def _boat() -> Drawing:
    hull = (
        *((-1.0, 0.36), (1.0, 0.36)),
        *bend((1.0, 0.36), (0.9, 0.9), (0.5, 0.92))[1:],
        *bend((-0.5, 0.92), (-0.9, 0.9), (-1.0, 0.36))[:-1],
    )
    return Drawing(
        (
            dark(rectangle(-0.06, -1.0, 0.06, 0.4)),
            light(polygon((0.12, -0.94), (0.86, 0.22), (0.12, 0.22))),
            fill(polygon(*hull), polygon((-0.12, -0.7), (-0.12, 0.22), (-0.66, 0.22))),
        ),
        turn=14.0,
    )


def _cup() -> Drawing:
    body = (
        *((-0.9, -0.62), (0.42, -0.62), (0.34, 0.4)),
        *bend((0.34, 0.4), (0.28, 0.84), (0.0, 0.84))[1:],
        *bend((-0.48, 0.84), (-0.76, 0.84), (-0.82, 0.4)),
    )
    return Drawing(
        (
            fill(ellipse(0.5, -0.04, 0.48, 0.44), holes=(ellipse(0.52, -0.04, 0.26, 0.23),)),
            fill(polygon(*body)),
            dark(ellipse(-0.24, -0.62, 0.66, 0.17)),
        ),
        well=(-0.24, 0.2, 0.46),
    )


def _flower() -> Drawing:
    petals = [
        ellipse(
            0.6 * math.cos(math.radians(60 * n + 30)),
            0.6 * math.sin(math.radians(60 * n + 30)),
            0.37,
        )
        for n in range(6)
    ]
    return Drawing((fill(*petals, ellipse(0, 0, 0.4)), dark(ellipse(0, 0, 0.3))), turn=30.0)


def _key() -> Drawing:
    return Drawing(
        (
            fill(ellipse(-0.56, 0.0, 0.46), holes=(ellipse(-0.6, 0.0, 0.2),)),
            fill(
                rectangle(-0.2, -0.13, 1.0, 0.13),
                rectangle(0.42, 0.0, 0.62, 0.46),
                rectangle(0.8, 0.0, 1.0, 0.52),
            ),
        ),
        turn=60.0,
    )


def _bell() -> Drawing:
    right = (
        *bend((0.0, -0.8), (0.48, -0.8), (0.54, -0.2)),
        *bend((0.54, -0.2), (0.58, 0.3), (0.92, 0.52))[1:],
        (0.92, 0.66),
    )
    body = polygon(*right, *((-x, y) for x, y in reversed(right[1:])))
    return Drawing((dark(ellipse(0.0, 0.72, 0.24)), fill(ellipse(0.0, -0.84, 0.16), body)))


def _ladder() -> Drawing:
    rungs = [rectangle(-0.5, y - 0.08, 0.5, y + 0.08) for y in (-0.72, -0.24, 0.24, 0.72)]
    rails = (rectangle(-0.62, -1.04, -0.4, 1.04), rectangle(0.4, -1.04, 0.62, 1.04))
    return Drawing((fill(*rails, *rungs),), turn=20.0)


def _apple() -> Drawing:
    leaf = (
        *bend((0.06, -0.56), (0.2, -1.0), (0.66, -0.94)),
        *bend((0.66, -0.94), (0.54, -0.5), (0.06, -0.56))[1:-1],
    )
    return Drawing(
        (
            fill(ellipse(-0.34, 0.2, 0.6, 0.72), ellipse(0.34, 0.2, 0.6, 0.72)),
            dark(*line(0.14, (-0.16, -0.96), (0.0, -0.3)), polygon(*leaf)),
            light(ellipse(-0.52, -0.02, 0.13, 0.24)),
        )
    )


def _egg() -> Drawing:
    outline = [
        (0.8 * math.sin(turn) * (1 - 0.2 * math.cos(turn)), -math.cos(turn))
        for turn in (math.radians(360 * step / 28) for step in range(28))
    ]
    spots = ((-0.2, -0.5), (0.26, -0.16), (-0.36, 0.1), (0.12, 0.4), (-0.24, 0.66), (0.48, 0.26))
    return Drawing(
        (fill(polygon(*outline)), dark(*(ellipse(x, y, 0.13) for x, y in spots))), turn=20.0
    )


def _umbrella() -> Drawing:
    # Round above; below four bows, between the tips of the ribs.
    bows = [
        point
        for right in (1.0, 0.5, 0.0, -0.5)
        for point in bend((right, 0.1), (right - 0.25, -0.2), (right - 0.5, 0.1), 4)[1:]
    ]
    canopy = polygon(*arc(0.0, 0.1, 1.0, 180.0, 360.0), *bows[:-1])
    hook = ((0.0, 0.0), (0.0, 0.76), (0.1, 0.9), (0.26, 0.9), (0.34, 0.74))
    return Drawing(
        (dark(*line(0.13, (0.0, -1.0), (0.0, -0.8)), *line(0.13, *hook)), fill(canopy)), turn=20.0
    )


def _hat() -> Drawing:
    crown = polygon((-0.6, -0.86), (0.6, -0.86), (0.5, 0.5), (-0.5, 0.5))
    band = polygon((-0.52, 0.12), (0.52, 0.12), (0.5, 0.4), (-0.5, 0.4))
    return Drawing((fill(ellipse(0.0, 0.52, 1.04, 0.26), crown), light(band)), turn=16.0)


def _leaf() -> Drawing:
    blade = (
        *bend((-0.7, 0.66), (-0.9, -0.66), (0.94, -0.94)),
        *bend((0.94, -0.94), (0.72, 0.9), (-0.7, 0.66))[1:-1],
    )
    veins = (
        *line(0.1, (-0.6, 0.58), (0.6, -0.6)),
        *line(0.08, (-0.2, 0.18), (-0.24, -0.3)),
        *line(0.08, (-0.12, 0.12), (0.34, 0.2)),
        *line(0.08, (0.16, -0.16), (0.16, -0.54)),
        *line(0.08, (0.2, -0.2), (0.56, -0.14)),
    )
    return Drawing(
        (dark(*line(0.16, (-1.0, 1.0), (-0.6, 0.58))), fill(polygon(*blade)), light(*veins)),
        turn=30.0,
    )


def _anchor() -> Drawing:
    arms = polygon(*arc(0.0, 0.02, 0.94, 8.0, 172.0), *arc(0.0, 0.02, 0.68, 166.0, 14.0))
    fluke = polygon((1.06, 0.3), (0.52, 0.26), (0.9, -0.22))
    return Drawing(
        (
            fill(ellipse(0.0, -0.78, 0.27), holes=(ellipse(0.0, -0.78, 0.11),)),
            fill(
                rectangle(-0.12, -0.56, 0.12, 0.9),
                rectangle(-0.5, -0.42, 0.5, -0.2),
                arms,
                fluke,
                polygon(*((-x, y) for x, y in fluke)),
            ),
        ),
        turn=16.0,
    )


def _box() -> Drawing:
    return Drawing(
        (
            fill(rectangle(-0.94, -0.4, 0.42, 0.94)),
            light(polygon((-0.94, -0.4), (-0.44, -0.9), (0.92, -0.9), (0.42, -0.4))),
            dark(polygon((0.42, -0.4), (0.92, -0.9), (0.92, 0.44), (0.42, 0.94))),
        ),
        turn=10.0,
        well=(-0.26, 0.27, 0.5),
    )


def _flag() -> Drawing:
    top = (
        *bend((-0.7, -0.9), (-0.3, -1.16), (0.12, -0.84)),
        *bend((0.12, -0.84), (0.5, -0.56), (0.98, -0.8))[1:],
    )
    cloth: Contour = polygon(*top, *((x, y + 1.0) for x, y in reversed(top)))
    pole = rectangle(-0.84, -1.0, -0.66, 1.04)
    return Drawing((fill(cloth), dark(pole)), turn=14.0)


OBJECT_DRAWINGS: Final[dict[str, Drawing]] = {
    "house": _house(),
    "tree": _tree(),
    "boat": _boat(),
    "cup": _cup(),
    "flower": _flower(),
    "key": _key(),
    "bell": _bell(),
    "ladder": _ladder(),
    "apple": _apple(),
    "egg": _egg(),
    "umbrella": _umbrella(),
    "hat": _hat(),
    "leaf": _leaf(),
    "anchor": _anchor(),
    "box": _box(),
    "flag": _flag(),
}
