"""How the sixteen everyday objects of the miniature are drawn."""

import math
from typing import Final

from t2t_mm.problems.miniature.picture_contours import (
    Contour,
    Drawing,
    darken,
    fill,
    lighten,
    outline_arc,
    outline_bend,
    outline_ellipse,
    outline_polygon,
    outline_rectangle,
    outline_stroke,
)


def _paint_house() -> Drawing:
    return Drawing(
        (
            fill(outline_rectangle(-0.72, -0.12, 0.72, 0.95)),
            darken(
                outline_polygon((-1.0, -0.08), (0.0, -0.98), (1.0, -0.08)),
                outline_rectangle(0.1, 0.36, 0.46, 0.95),
            ),
            lighten(outline_rectangle(-0.5, 0.16, -0.12, 0.54)),
        ),
        well=(0.0, 0.4, 0.5),
    )


def _paint_tree() -> Drawing:
    tiers = [
        outline_polygon((0.0, top), (wide, bottom), (-wide, bottom))
        for top, bottom, wide in ((-1.0, -0.38, 0.5), (-0.7, 0.14, 0.68), (-0.3, 0.66, 0.86))
    ]
    return Drawing((darken(outline_rectangle(-0.17, 0.5, 0.17, 1.0)), fill(*tiers)), turn=12.0)


def _paint_boat() -> Drawing:
    hull = (
        *((-1.0, 0.36), (1.0, 0.36)),
        *outline_bend((1.0, 0.36), (0.9, 0.9), (0.5, 0.92))[1:],
        *outline_bend((-0.5, 0.92), (-0.9, 0.9), (-1.0, 0.36))[:-1],
    )
    return Drawing(
        (
            darken(outline_rectangle(-0.06, -1.0, 0.06, 0.4)),
            lighten(outline_polygon((0.12, -0.94), (0.86, 0.22), (0.12, 0.22))),
            fill(
                outline_polygon(*hull), outline_polygon((-0.12, -0.7), (-0.12, 0.22), (-0.66, 0.22))
            ),
        ),
        turn=14.0,
    )


def _paint_cup() -> Drawing:
    body = (
        *((-0.9, -0.62), (0.42, -0.62), (0.34, 0.4)),
        *outline_bend((0.34, 0.4), (0.28, 0.84), (0.0, 0.84))[1:],
        *outline_bend((-0.48, 0.84), (-0.76, 0.84), (-0.82, 0.4)),
    )
    return Drawing(
        (
            fill(
                outline_ellipse(0.5, -0.04, 0.48, 0.44),
                holes=(outline_ellipse(0.52, -0.04, 0.26, 0.23),),
            ),
            fill(outline_polygon(*body)),
            darken(outline_ellipse(-0.24, -0.62, 0.66, 0.17)),
        ),
        well=(-0.24, 0.2, 0.46),
    )


def _paint_flower() -> Drawing:
    petals = [
        outline_ellipse(
            0.6 * math.cos(math.radians(60 * n + 30)),
            0.6 * math.sin(math.radians(60 * n + 30)),
            0.37,
        )
        for n in range(6)
    ]
    return Drawing(
        (fill(*petals, outline_ellipse(0, 0, 0.4)), darken(outline_ellipse(0, 0, 0.3))), turn=30.0
    )


def _paint_key() -> Drawing:
    return Drawing(
        (
            fill(outline_ellipse(-0.56, 0.0, 0.46), holes=(outline_ellipse(-0.6, 0.0, 0.2),)),
            fill(
                outline_rectangle(-0.2, -0.13, 1.0, 0.13),
                outline_rectangle(0.42, 0.0, 0.62, 0.46),
                outline_rectangle(0.8, 0.0, 1.0, 0.52),
            ),
        ),
        turn=60.0,
    )


def _paint_bell() -> Drawing:
    right = (
        *outline_bend((0.0, -0.8), (0.48, -0.8), (0.54, -0.2)),
        *outline_bend((0.54, -0.2), (0.58, 0.3), (0.92, 0.52))[1:],
        (0.92, 0.66),
    )
    body = outline_polygon(*right, *((-x, y) for x, y in reversed(right[1:])))
    return Drawing(
        (darken(outline_ellipse(0.0, 0.72, 0.24)), fill(outline_ellipse(0.0, -0.84, 0.16), body))
    )


def _paint_ladder() -> Drawing:
    rungs = [outline_rectangle(-0.5, y - 0.08, 0.5, y + 0.08) for y in (-0.72, -0.24, 0.24, 0.72)]
    rails = (outline_rectangle(-0.62, -1.04, -0.4, 1.04), outline_rectangle(0.4, -1.04, 0.62, 1.04))
    return Drawing((fill(*rails, *rungs),), turn=20.0)


def _paint_apple() -> Drawing:
    leaf = (
        *outline_bend((0.06, -0.56), (0.2, -1.0), (0.66, -0.94)),
        *outline_bend((0.66, -0.94), (0.54, -0.5), (0.06, -0.56))[1:-1],
    )
    return Drawing(
        (
            fill(outline_ellipse(-0.34, 0.2, 0.6, 0.72), outline_ellipse(0.34, 0.2, 0.6, 0.72)),
            darken(*outline_stroke(0.14, (-0.16, -0.96), (0.0, -0.3)), outline_polygon(*leaf)),
            lighten(outline_ellipse(-0.52, -0.02, 0.13, 0.24)),
        )
    )


def _paint_egg() -> Drawing:
    outline = [
        (0.8 * math.sin(turn) * (1 - 0.2 * math.cos(turn)), -math.cos(turn))
        for turn in (math.radians(360 * step / 28) for step in range(28))
    ]
    spots = ((-0.2, -0.5), (0.26, -0.16), (-0.36, 0.1), (0.12, 0.4), (-0.24, 0.66), (0.48, 0.26))
    return Drawing(
        (fill(outline_polygon(*outline)), darken(*(outline_ellipse(x, y, 0.13) for x, y in spots))),
        turn=20.0,
    )


def _paint_umbrella() -> Drawing:
    # Round above; below four bows, between the tips of the ribs.
    bows = [
        point
        for right in (1.0, 0.5, 0.0, -0.5)
        for point in outline_bend((right, 0.1), (right - 0.25, -0.2), (right - 0.5, 0.1), 4)[1:]
    ]
    canopy = outline_polygon(*outline_arc(0.0, 0.1, 1.0, 180.0, 360.0), *bows[:-1])
    hook = ((0.0, 0.0), (0.0, 0.76), (0.1, 0.9), (0.26, 0.9), (0.34, 0.74))
    return Drawing(
        (
            darken(*outline_stroke(0.13, (0.0, -1.0), (0.0, -0.8)), *outline_stroke(0.13, *hook)),
            fill(canopy),
        ),
        turn=20.0,
    )


def _paint_hat() -> Drawing:
    crown = outline_polygon((-0.6, -0.86), (0.6, -0.86), (0.5, 0.5), (-0.5, 0.5))
    band = outline_polygon((-0.52, 0.12), (0.52, 0.12), (0.5, 0.4), (-0.5, 0.4))
    return Drawing((fill(outline_ellipse(0.0, 0.52, 1.04, 0.26), crown), lighten(band)), turn=16.0)


def _paint_leaf() -> Drawing:
    blade = (
        *outline_bend((-0.7, 0.66), (-0.9, -0.66), (0.94, -0.94)),
        *outline_bend((0.94, -0.94), (0.72, 0.9), (-0.7, 0.66))[1:-1],
    )
    veins = (
        *outline_stroke(0.1, (-0.6, 0.58), (0.6, -0.6)),
        *outline_stroke(0.08, (-0.2, 0.18), (-0.24, -0.3)),
        *outline_stroke(0.08, (-0.12, 0.12), (0.34, 0.2)),
        *outline_stroke(0.08, (0.16, -0.16), (0.16, -0.54)),
        *outline_stroke(0.08, (0.2, -0.2), (0.56, -0.14)),
    )
    return Drawing(
        (
            darken(*outline_stroke(0.16, (-1.0, 1.0), (-0.6, 0.58))),
            fill(outline_polygon(*blade)),
            lighten(*veins),
        ),
        turn=30.0,
    )


def _paint_anchor() -> Drawing:
    arms = outline_polygon(
        *outline_arc(0.0, 0.02, 0.94, 8.0, 172.0), *outline_arc(0.0, 0.02, 0.68, 166.0, 14.0)
    )
    fluke = outline_polygon((1.06, 0.3), (0.52, 0.26), (0.9, -0.22))
    return Drawing(
        (
            fill(outline_ellipse(0.0, -0.78, 0.27), holes=(outline_ellipse(0.0, -0.78, 0.11),)),
            fill(
                outline_rectangle(-0.12, -0.56, 0.12, 0.9),
                outline_rectangle(-0.5, -0.42, 0.5, -0.2),
                arms,
                fluke,
                outline_polygon(*((-x, y) for x, y in fluke)),
            ),
        ),
        turn=16.0,
    )


def _paint_box() -> Drawing:
    return Drawing(
        (
            fill(outline_rectangle(-0.94, -0.4, 0.42, 0.94)),
            lighten(outline_polygon((-0.94, -0.4), (-0.44, -0.9), (0.92, -0.9), (0.42, -0.4))),
            darken(outline_polygon((0.42, -0.4), (0.92, -0.9), (0.92, 0.44), (0.42, 0.94))),
        ),
        turn=10.0,
        well=(-0.26, 0.27, 0.5),
    )


def _paint_flag() -> Drawing:
    top = (
        *outline_bend((-0.7, -0.9), (-0.3, -1.16), (0.12, -0.84)),
        *outline_bend((0.12, -0.84), (0.5, -0.56), (0.98, -0.8))[1:],
    )
    cloth: Contour = outline_polygon(*top, *((x, y + 1.0) for x, y in reversed(top)))
    pole = outline_rectangle(-0.84, -1.0, -0.66, 1.04)
    return Drawing((fill(cloth), darken(pole)), turn=14.0)


OBJECT_DRAWINGS: Final[dict[str, Drawing]] = {
    "house": _paint_house(),
    "tree": _paint_tree(),
    "boat": _paint_boat(),
    "cup": _paint_cup(),
    "flower": _paint_flower(),
    "key": _paint_key(),
    "bell": _paint_bell(),
    "ladder": _paint_ladder(),
    "apple": _paint_apple(),
    "egg": _paint_egg(),
    "umbrella": _paint_umbrella(),
    "hat": _paint_hat(),
    "leaf": _paint_leaf(),
    "anchor": _paint_anchor(),
    "box": _paint_box(),
    "flag": _paint_flag(),
}
