"""Which experts each problem uses, as a heat map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from t2t_mm.evaluation.expert_use import count_used
from t2t_mm.report.markup import Markup, make_card, make_drawing, make_element, make_section

_ROW_HEIGHT = 24.0  # pixels
_LETTER_WIDTH = 6.0
_LARGEST_CELL, _SMALLEST_CELL = 26.0, 6.0
_CELLS_WIDTH = 200.0  # pixels for all cells of a row, where they fit: the map fits a phone


def make_expert_section(results: Mapping[str, Mapping[str, Any]]) -> Markup:
    """Return which experts each problem uses, a map for each mixture; empty where there is none."""
    maps: dict[str, dict[str, Sequence[float]]] = {}
    for name, result in results.items():
        for mixture, shares in result.get("experts", {}).items():
            if shares:
                maps.setdefault(f"Experts of the {mixture}", {})[name] = shares
    if not maps:
        return Markup()
    note = (
        "How a problem's choices fall on the experts, in percent. At the end of a row: how many "
        "equally used experts would be as spread out."
    )
    drawn = [
        make_card(title, make_element("div", draw_expert_map(rows, title), class_="wide"))
        for title, rows in maps.items()
    ]
    return make_section("Experts", note, make_element("div", *drawn, class_="cards wide-cards"))


def draw_expert_map(shares: Mapping[str, Sequence[float]], description: str) -> Markup:
    """Draw a row for each problem and a column for each expert; darker is used more.

    Args:
        shares: By problem, the share of all choices on each expert.
        description: What the drawing shows, for those who do not see it.

    Returns:
        An <svg>; at the end of each row stands :func:`count_used`.
    """
    num_experts = max(len(row) for row in shares.values())
    largest = max(max(row, default=0.0) for row in shares.values()) or 1.0
    cell = min(max(_CELLS_WIDTH / num_experts, _SMALLEST_CELL), _LARGEST_CELL)
    left = _LETTER_WIDTH * min(max(len(name) for name in shares), 24) + 8
    right = left + cell * num_experts
    top = 18.0
    parts = [make_element("text", "in use", x=right + 6, y=12.0, class_="tick")]
    every = max(1, math.ceil(24 / cell))
    for number in range(0, num_experts, every):
        x = left + (number + 0.5) * cell
        parts.append(make_element("text", str(number + 1), x=x, y=12.0, class_="tick middle"))
    for index, (name, row) in enumerate(shares.items()):
        y = top + index * _ROW_HEIGHT
        parts.append(make_element("text", _shorten(name), x=left - 6, y=y + 15, class_="row"))
        parts += [
            _draw_cell(
                left + number * cell, y, cell, share, largest, f"{name}, expert {number + 1}"
            )
            for number, share in enumerate(row)
        ]
        parts.append(
            make_element("text", f"{count_used(row):.1f}", x=right + 6, y=y + 15, class_="tick")
        )
    width, height = right + 40, top + len(shares) * _ROW_HEIGHT + 2
    style = f"min-width:{width:.0f}px;max-width:{1.7 * width:.0f}px"
    return make_drawing("experts", parts, (width, height), description, style=style)


def _draw_cell(x: float, y: float, size: float, share: float, largest: float, name: str) -> Markup:
    """Return one cell; the tooltip tells the share, and where there is room a number does."""
    strength = share / largest
    square = make_element(
        "rect",
        make_element("title", f"{name}: {100 * share:.1f}%"),
        x=x + 0.5,
        y=y + 0.5,
        width=size - 1,
        height=_ROW_HEIGHT - 2,
        fill_opacity=max(strength, 0.03),
    )
    if size < 20:
        return square
    kind = "share strong" if strength > 0.55 else "share"
    number = make_element("text", f"{100 * share:.0f}", x=x + size / 2, y=y + 15, class_=kind)
    return Markup(square + number)


def _shorten(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}\N{HORIZONTAL ELLIPSIS}"
