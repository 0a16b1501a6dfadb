"""The gains of all columns of a table over one of them, as a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2t_mm.report.markup import Markup, join_parts, make_drawing, make_element
from t2t_mm.study.gain_drawing import shorten_label
from t2t_mm.study.seed_statistics import OPEN

_CELL, _ROW, _LETTER, _MOST_LETTERS = 46.0, 26.0, 6.2, 28  # pixels, but for the last
_STRONG = 0.55  # from this darkness on, numbers are light
MAP_STYLE = """
.map { width: 100%; height: auto; } .map .more { fill: var(--model); }
.map .less { fill: var(--wrong); } .map .sure { font-weight: 700; }
"""


def draw_gain_map(table: Mapping[str, Any]) -> Markup:
    """Draw a row for each row of a table and a column for each that is compared.

    The larger a gain or a loss, the darker; in bold where its interval leaves out 0. What has no
    run yet is a dot.

    Args:
        table: As `collect_results` gives it, with its `gains`.
    """
    labels = list(dict.fromkeys(row["label"] for row in table["rows"]))
    known = [one["mean"] for column in table["gains"].values() for one in column.values()]
    largest = max((abs(mean) for mean in known if mean is not None), default=0.0) or 1.0
    left = _LETTER * min(max(map(len, labels)), _MOST_LETTERS) + 8
    longest = min(max(map(len, table["gains"])), _MOST_LETTERS)
    top = 0.6 * _LETTER * longest + 12
    right = left + _CELL * len(table["gains"])
    scale = (largest, 1 if largest >= 1.0 else 2)
    parts = []
    for number, (title, column) in enumerate(table["gains"].items()):
        x, middle = left + _CELL * number, left + _CELL * (number + 0.5)
        turned = f"rotate(-37 {middle:.0f} {top - 6:.0f})"
        told = shorten_label(title, _MOST_LETTERS)
        parts.append(
            make_element("text", told, x=middle, y=top - 6, class_="tick", transform=turned)
        )
        parts += [
            _draw_cell(column[label], (x, top + _ROW * index), scale, f"{label}, {title}")
            for index, label in enumerate(labels)
            if label in column
        ]
    for index, label in enumerate(labels):
        y = top + _ROW * index + 17
        told = shorten_label(label, _MOST_LETTERS)
        parts.append(make_element("text", told, x=left - 6, y=y, class_="row"))
    width, height = right + 0.8 * _LETTER * longest, top + _ROW * len(labels) + 4
    style = f"min-width:{width:.0f}px;max-width:{1.4 * width:.0f}px"
    return make_drawing("map", parts, (width, height), f"Map: {table['title']}", style=style)


def _draw_cell(
    gain: Mapping[str, Any], place: tuple[float, float], scale: tuple[float, int], name: str
) -> Markup:
    """Return one place: a square, whose tooltip tells the interval, and the number in it.

    Args:
        gain: Mean, interval and verdict.
        place: Of its upper left corner, in pixels.
        scale: The largest gain of the map, and the digits behind the point.
        name: Of the place.
    """
    (x, y), (largest, digits) = place, scale
    mean = gain["mean"]
    middle = {"x": x + _CELL / 2, "y": y + 17}
    if mean is None:
        return make_element("text", "·", class_="share", **middle)
    strength = abs(mean) / largest
    around = " ({:+.2f} to {:+.2f})".format(*gain["interval"]) if gain["interval"] else ""
    square = make_element(
        "rect",
        make_element("title", f"{name}: {mean:+.2f}{around}"),
        x=x + 0.5,
        y=y + 0.5,
        width=_CELL - 1,
        height=_ROW - 1,
        fill_opacity=max(strength, 0.04),
        class_="more" if mean >= 0 else "less",
    )
    kinds = ["share", *(["strong"] * (strength > _STRONG)), *(["sure"] * (gain["verdict"] != OPEN))]
    number = make_element("text", f"{mean:+.{digits}f}", class_=" ".join(kinds), **middle)
    return join_parts([square, number])
