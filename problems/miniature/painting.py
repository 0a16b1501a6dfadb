"""Paints a laid-out scene: things with a soft rim and shadow, on a lit and noisy background."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.picture_contours import Shade
from t2t_mm.problems.miniature.picture_layout import Placed
from t2t_mm.problems.miniature.picture_light import (
    SIDE,
    Canvas,
    light_picture,
    mix_palette,
    paint_background,
)
from t2t_mm.problems.miniature.picture_raster import rasterize


def paint_picture(placed: Sequence[Placed], dice: Dice) -> NDArray[np.uint8]:
    """Paint the picture of things whose places are known.

    Args:
        placed: Things from back to front.
        dice: Decides colours, background, light and noise.

    Returns:
        uint8[64, 64, 3], the same on every machine.

    Example:
        >>> from t2t_mm.problems.miniature.picture_layout import Placed
        >>> star = Placed("star", "red", 30.0, 0.0, False, ((32.0, 32.0),))
        >>> paint_picture([star], Dice("sample")).shape
        (64, 64, 3)
    """
    canvas = paint_background(dice)
    for thing in placed:
        _paint_things(canvas, thing, mix_palette(thing.colour, dice))
    return light_picture(canvas, dice)


def _paint_things(canvas: Canvas, thing: Placed, shades: dict[Shade, NDArray[np.float64]]) -> None:
    """Paint equal things: drawn once, and copied to whole pixels beside the first."""
    first_x, first_y = thing.centres[0]
    column, row = math.floor(first_x), math.floor(first_y)
    offset = first_x - column, first_y - row
    stamp = rasterize(thing.kind, thing.diameter / 2, thing.degrees, thing.mirrored, offset)
    rim = _paint_rim(stamp.masks.max(axis=0))
    for x, y in thing.centres:
        left = column + stamp.left + round(x - first_x)
        top = row + stamp.top + round(y - first_y)
        _blend(canvas, left, top, rim, shades["dark"] * 0.45)
        for shade, mask in zip(stamp.shades, stamp.masks, strict=True):
            _blend(canvas, left, top, mask, shades[shade])


def _paint_rim(outline: NDArray[np.float64]) -> NDArray[np.float64]:
    """Paint a thin dark edge around an outline, with a shadow at its lower right."""
    around = outline.copy()
    for ahead, behind in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
        around[ahead] = np.maximum(around[ahead], 0.75 * outline[behind])
        around[:, ahead] = np.maximum(around[:, ahead], 0.75 * outline[:, behind])
    around[2:, 2:] = np.maximum(around[2:, 2:], 0.6 * outline[:-2, :-2])
    return 0.6 * around


def _blend(
    canvas: Canvas,
    left: int,
    top: int,
    mask: NDArray[np.float64],
    colour: NDArray[np.float64],
) -> None:
    """Cover part of the picture, in place; what lies outside it is left out."""
    rows = slice(max(top, 0), min(top + mask.shape[0], SIDE))
    columns = slice(max(left, 0), min(left + mask.shape[1], SIDE))
    seen = mask[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    region = canvas[rows, columns]
    region += seen[:, :, None] * (colour - region)
