"""The cells of each row of a table beside each other: their losses by seconds, not by steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from t2t_mm.report.curve_drawing import Line, draw_lines, hold_points
from t2t_mm.report.markup import Markup, join_parts, make_card, make_element
from t2t_mm.report.run_facts import format_duration

_HUES = ("var(--model)", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#7a6ff0")  # Okabe and Ito
_LETTERS = "ABCDEF"
LEARNING = (
    "The training loss, in nats of each symbol or class, mean over the seeds, by the seconds that "
    "the updates took, the first with its compilation; the axis is logarithmic and the same for "
    "all. Dropout and label smoothing keep it up."
)
LEARNING_STYLE = (
    " ".join(f".hue{index} {{ --hue: {hue}; }}" for index, hue in enumerate(_HUES))
    + """
.learning .line { stroke: var(--hue); } .learning circle.line { fill: var(--hue); }
.learning .card + .card { margin-top: 0; }
.legend { list-style: none; margin: 0 0 .6rem; padding: 0; display: flex; flex-wrap: wrap;
  gap: .1rem 1.2rem; font-size: .9rem; }
.legend span { display: inline-block; width: 1.3rem; border-top: 3px solid var(--hue);
  vertical-align: middle; margin-right: .4rem; }
"""
)


def draw_learning(table: Mapping[str, Any]) -> Markup:
    """Draw a chart for each row of a table with a line for each of its columns.

    Lines have letters, which a legend explains, and so are not told apart by colour alone.

    Args:
        table: As `collect_results` gives it.

    Returns:
        Empty where no row has two cells with a curve, or there are more columns than colours.
    """
    places = {column: index for index, column in enumerate(table["columns"])}
    if len(places) > len(_HUES):
        return Markup()
    rows = []
    for row in table["rows"]:
        curves = {column: place["curve"] for column, place in row["places"].items()}
        lines = [
            Line(f"{_LETTERS[places[column]]} ", points, kind=f"hue{places[column]}")
            for column, points in curves.items()
            if points
        ]
        if len(lines) > 1:
            rows.append((row["label"], lines))
    if not rows:
        return Markup()
    scale = hold_points([point for _, lines in rows for line in lines for point in line.points])
    assert scale is not None, "a line has points"
    scale = dataclasses.replace(scale, told=format_duration(scale.end))
    charts = [
        make_card(label, draw_lines(lines, scale, f"Loss of {label}")) for label, lines in rows
    ]
    note = make_element("p", LEARNING, class_="note")
    cards = make_element("div", *charts, class_="cards learning")
    return join_parts([note, _make_legend(places), cards])


def _make_legend(places: Mapping[str, int]) -> Markup:
    items = [
        make_element(
            "li", make_element("span", class_=f"hue{index}"), f"{_LETTERS[index]}: {column}"
        )
        for column, index in places.items()
    ]
    return make_element("ul", *items, class_="legend")
