"""Turns drawings into coverage masks: how much of each pixel a part covers.

Each part is cut by four lines per pixel row. Along a line the covered lengths are exact to 1/64
pixel and counted in whole numbers, so the masks are the same on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from t2t_mm.problems.miniature.picture_contours import Shade, measure_signed_area
from t2t_mm.problems.miniature.picture_objects import OBJECT_DRAWINGS
from t2t_mm.problems.miniature.picture_shapes import SHAPE_DRAWINGS

_Edges: TypeAlias = NDArray[np.float64]

DRAWINGS: Final = {**SHAPE_DRAWINGS, **OBJECT_DRAWINGS}
_LINES: Final = 4  # per pixel row
_UNITS: Final = 64  # per pixel along a line
_MARGIN: Final = 2  # pixels around a thing, for its rim


@lru_cache(maxsize=64)
def _list_edges(kind: str) -> tuple[_Edges, NDArray[np.int64]]:
    """List the edges of all parts, float[E, 2, 2] of (start, end) x (x, y), and whose they are.

    Solids run clockwise, holes anticlockwise.
    """
    rows, owners = [], []
    for number, part in enumerate(DRAWINGS[kind].parts):
        for contours, sign in ((part.solids, 1), (part.holes, -1)):
            for contour in contours:
                path = contour if measure_signed_area(contour) * sign > 0 else contour[::-1]
                rows += list(zip(path, path[1:] + path[:1], strict=True))
                owners += [number] * len(path)
    return np.array(rows), np.array(owners)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A drawn thing, ready to be put onto a picture.

    Args:
        left: Pixel column of the masks' first column, counted from the thing's own pixel.
        top: Likewise for rows.
        shades: Of the parts, from back to front.
        masks: float64[parts, rows, columns], the coverage of each pixel, 0 to 1. No part reaches
            the outer two rows and columns.
    """

    left: int
    top: int
    shades: tuple[Shade, ...]
    masks: NDArray[np.float64]


def rasterize(
    kind: str, radius: float, degrees: float, mirrored: bool, offset: tuple[float, float]
) -> Stamp:
    """Turn the drawing of a kind of thing into masks.

    Args:
        kind: One of `scene.KINDS`.
        radius: Half the thing's size, in pixels.
        degrees: Turned clockwise by so much.
        mirrored: Left and right exchanged, before it is turned.
        offset: Where in its own pixel the thing's middle lies, 0 to 1 in x and y.

    Returns:
        The masks of its parts, and where they lie.
    """
    angle = math.radians(degrees)
    cosine, sine = round(radius * math.cos(angle), 6), round(radius * math.sin(angle), 6)
    edges, owners = _list_edges(kind)
    x, y = (-edges[..., 0] if mirrored else edges[..., 0]), edges[..., 1]
    across = offset[0] + (x * cosine - y * sine)
    down = offset[1] + (x * sine + y * cosine)
    left, top = math.floor(across.min()) - _MARGIN, math.floor(down.min()) - _MARGIN
    size = math.ceil(down.max()) + _MARGIN - top, math.ceil(across.max()) + _MARGIN - left
    parts = DRAWINGS[kind].parts
    masks = _measure_coverage(across - left, down - top, owners, (len(parts), *size))
    # Mirrored curves run the other way round.
    covered = np.minimum(np.maximum(-masks if mirrored else masks, 0), _UNITS)
    covered = covered.reshape(len(parts), size[0], _LINES, size[1]).sum(axis=2)
    shades = tuple(part.shade for part in parts)
    return Stamp(left, top, shades, covered / (_LINES * _UNITS))


def _measure_coverage(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    owners: NDArray[np.int64],
    shape: tuple[int, int, int],
) -> NDArray[np.float64]:
    """Measure how often curves cover each place: float64[parts, rows * lines, columns], in units.

    Args:
        x: float64[E, 2], where each edge starts and ends, in pixels.
        y: Likewise, downwards.
        owners: int64[E], to which part it belongs.
        shape: Parts, rows and columns of pixels.
    """
    parts, rows, columns = shape
    # Which lines an edge crosses: line number k lies at height (k + 1/2) / _LINES.
    first, last = np.ceil(y * _LINES - 0.5).astype(np.int64).T
    crossings = np.abs(last - first)
    edge = np.repeat(np.arange(len(x)), crossings)
    start = np.minimum(first, last) - (np.cumsum(crossings) - crossings)
    number = np.arange(len(edge)) + start[edge]
    # Edges that cross no line, which may be level, play no part from here on.
    x0, y0 = x[edge, 0], y[edge, 0]
    slope = (x[edge, 1] - x0) / (y[edge, 1] - y0)
    at = x0 + ((number + 0.5) / _LINES - y0) * slope
    unit = np.floor(at * _UNITS + 0.5).astype(np.int64)
    # Right of an edge that goes up the solid begins; right of one that goes down it ends.
    direction = np.sign(first - last)[edge]
    rest = direction * (unit % _UNITS)
    place = (owners[edge] * rows * _LINES + number) * columns + unit // _UNITS
    total = np.bincount(
        np.concatenate((place, place + 1)),
        np.concatenate((direction * _UNITS - rest, rest)),
        parts * rows * _LINES * columns,
    )
    return np.cumsum(total.reshape(parts, rows * _LINES, columns), axis=2)
