"""What an answer looked at, as heat maps: over pieces and times, and over a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from t2t_mm.inference.inner_view import Attention
from t2t_mm.report.markup import Markup, make_drawing, make_element

_LETTER_WIDTH = 7.4  # pixels, of the font that names pieces
_LARGEST_CELL, _SMALLEST_CELL = 26.0, 5.0
_CELLS_WIDTH = 620.0  # pixels for all columns, where they fit
_LONGEST_NAME = 14  # letters
_MOST_CELLS = 10_000  # of a map that is drawn as it is: 2 MB
_MOST_ALONG = 100  # cells along either axis of a larger one
_TILE = 128.0  # pixels, the longer side of a picture
_MOST_TILES = 40
_MOST_ALONG_TILE = 24  # cells along its longer side

Weights = npt.NDArray[np.float32]


def draw_heat_map(weights: Weights, rows: Sequence[str], columns: Sequence[str]) -> Markup:
    """Draw a row for each piece of the answer and a column for each position of the input.

    Of a large map the means over neighbours are drawn, see `tell_pooling`.

    Args:
        weights: float32[T, S]; darker is more.
        rows: Names of the T pieces.
        columns: Names of the S positions; where they are too narrow, every few have one.

    Example:
        >>> svg = draw_heat_map(np.float32([[0.75, 0.25]]), ["Ein"], ["A", "tree"])
        >>> svg.count("<rect"), "Ein looks at A: 75%" in svg
        (2, True)
    """
    weights, rows, columns = _pool(weights, rows, columns)
    cell = min(max(_CELLS_WIDTH / max(len(columns), 1), _SMALLEST_CELL), _LARGEST_CELL)
    height = 20.0
    left = _measure_names(rows) + 8
    top = _measure_names(columns) * 0.75 + 12
    every = max(1, math.ceil(13 / cell))
    largest = float(weights.max(initial=0.0)) or 1.0
    parts = []
    for number in range(0, len(columns), every):
        x, y = left + (number + 0.5) * cell + 3, top - 5
        turned = f"rotate(-48 {x:.1f} {y:.1f})"
        name = shorten_name(columns[number])
        parts.append(make_element("text", name, x=x, y=y, transform=turned, class_="piece"))
    for row, name in enumerate(rows):
        y = top + row * height
        parts.append(
            make_element("text", shorten_name(name), x=left - 5, y=y + 14, class_="piece last")
        )
        for column, weight in enumerate(weights[row].tolist()):
            told = f"{name} looks at {columns[column]}: {100 * weight:.0f}%"
            place = (left + column * cell, y, cell, height)
            parts.append(_draw_cell(place, weight / largest, told))
    size = (left + len(columns) * cell + 40, top + len(rows) * height + 4)
    description = f"What each of {len(rows)} pieces looks at among {len(columns)} positions"
    style = f"width:{size[0]:.0f}px;max-width:none"
    return make_drawing("heat", parts, size, description, style=style)


def tell_pooling(num_rows: int, num_columns: int) -> str:
    """Tell a person over how many neighbours a cell of a large map is the mean; "" of a small one.

    Example:
        >>> tell_pooling(300, 1500)
        'A cell is the mean of 3 x 15, pieces of the answer x positions of the input.'
        >>> tell_pooling(30, 150)
        ''
    """
    by_row, by_column = _choose_pool(num_rows, num_columns)
    if by_row == by_column == 1:
        return ""
    size = f"{by_row} x {by_column}, pieces of the answer x positions of the input"
    return f"A cell is the mean of {size}."


def _choose_pool(num_rows: int, num_columns: int) -> tuple[int, int]:
    """Choose how many rows and columns become one."""
    if num_rows * num_columns <= _MOST_CELLS:
        return 1, 1
    return math.ceil(num_rows / _MOST_ALONG), math.ceil(num_columns / _MOST_ALONG)


def _pool(
    weights: Weights, rows: Sequence[str], columns: Sequence[str]
) -> tuple[Weights, Sequence[str], Sequence[str]]:
    """Return a large map with the means over neighbours, and each named by its first and last."""
    by_row, by_column = _choose_pool(*weights.shape)
    if by_row == by_column == 1:
        return weights, rows, columns
    means = _average_blocks(weights, by_row, by_column)
    return means, _join_names(rows, by_row), _join_names(columns, by_column)


def _average_blocks(weights: Weights, by_row: int, by_column: int) -> Weights:
    """Return the mean of each block of rows and columns; the last ones may be smaller."""
    for axis, every in enumerate((by_row, by_column)):
        starts = np.arange(0, weights.shape[axis], every)
        counts = np.diff(starts, append=weights.shape[axis])
        sums = np.add.reduceat(weights, starts, axis=axis)
        weights = np.asarray(sums / np.expand_dims(counts, 1 - axis), np.float32)
    return weights


def _join_names(names: Sequence[str], every: int) -> list[str]:
    parts = [names[start : start + every] for start in range(0, len(names), every)]
    return [
        part[0] if len(part) == 1 else f"{part[0]} \N{HORIZONTAL ELLIPSIS} {part[-1]}"
        for part in parts
    ]


def draw_on_picture(attention: Attention, picture: str) -> Markup:
    """Draw a tile for each piece of the answer, over the picture: what is not looked at is dark.

    Args:
        attention: To the positions of a picture, with its grid.
        picture: Address of the picture as the model sees it, a data URI.

    Returns:
        Pictures with their pieces below them, 40 at most, of many positions the means over blocks;
        empty without attention.
    """
    if attention.grid is None or not attention.weights:
        return Markup()
    pieces = zip(attention.targets[:_MOST_TILES], attention.mean(), strict=False)
    tiles = [
        make_element(
            "figure",
            _draw_tile(weights.reshape(attention.grid), name),
            make_element("figcaption", name),
        )
        for name, weights in pieces
    ]
    # Once for all: it may have half a megabyte.
    return make_element("div", *tiles, class_="tiles", style=f"--picture:url({picture})")


def _draw_tile(weights_RC: Weights, name: str) -> Markup:
    rows, columns = weights_RC.shape
    every = math.ceil(max(rows, columns) / _MOST_ALONG_TILE)
    position = _TILE / max(rows, columns)
    width, height, cell = columns * position, rows * position, every * position
    means = _average_blocks(weights_RC, every, every)
    largest = float(means.max(initial=0.0)) or 1.0
    parts = []
    for (row, column), weight in np.ndenumerate(means):
        seen = f"{_name_block('row', row, every, rows)}, "
        seen += _name_block("column", column, every, columns)
        told = f"{name} looks at {seen}: {100 * weight:.0f}%"
        place = (column * cell, row * cell, cell, cell)
        parts.append(_draw_cell(place, 0.8 * (1 - float(weight) / largest), told, "shade"))
    best_row, best_column = divmod(int(weights_RC.argmax()), columns)
    description = f"{name} looks most at row {best_row + 1}, column {best_column + 1}"
    return make_drawing("tile", parts, (width, height), description)


def _name_block(axis: str, number: int, every: int, length: int) -> str:
    first, last = number * every + 1, min((number + 1) * every, length)
    return f"{axis} {first}" if first == last else f"{axis}s {first} to {last}"


def name_times(seconds: float, count: int) -> list[str]:
    """Name positions of a sound by the time at which each begins.

    Example:
        >>> name_times(1.2, 3)
        ['0.0 s', '0.4 s', '0.8 s']
    """
    return [f"{seconds * number / count:.1f} s" for number in range(count)]


def shorten_name(name: str) -> str:
    """Return a name that fits a row, the spaces of pieces as SentencePiece shows them."""
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"


def _measure_names(names: Sequence[str]) -> float:
    return _LETTER_WIDTH * max((len(shorten_name(name)) for name in names), default=0)


def _draw_cell(
    place: tuple[float, float, float, float], strength: float, told: str, kind: str = "weight"
) -> Markup:
    x, y, width, height = place
    gap = 1.0 if width > 8 and kind == "weight" else 0.0
    return make_element(
        "rect",
        make_element("title", told),
        x=x,
        y=y,
        width=width - gap,
        height=height - gap,
        class_=kind,
        fill_opacity=round(float(strength), 3),
    )
