"""Gains as a drawing: nothing is drawn outside it, and what cannot be drawn is left out."""

import xml.etree.ElementTree as ElementTree
from typing import Any

from t2t_mm.study.gain_drawing import choose_range, draw_gains


def make_claim(**changes: Any) -> dict[str, Any]:
    row = {"label": "mini_ende", "mean": 1.5, "gains": {"1": 1.0, "2": 2.0}, "interval": [-5, 8.0]}
    empty = {"label": "a < b" * 20, "mean": None, "gains": {}, "interval": None}
    claim = {"text": "It helps.", "better": "b", "than": "a", "margin": 0.5, "rows": [row, empty]}
    return {**claim, "mean": 1.5, "interval": [-500.0, 503.0], **changes}


def test_dots_lines_and_labels_of_every_row() -> None:
    drawing = ElementTree.fromstring(draw_gains(make_claim()))
    width = float(drawing.attrib["viewBox"].split()[2])
    circles = [float(one.attrib["cx"]) for one in drawing.iter("circle")]
    assert len(circles) == 4 and all(0 < x < width for x in circles)
    ends = [float(one.attrib[name]) for one in drawing.iter("line") for name in ("x1", "x2")]
    assert all(0 < x <= width for x in ends)
    labels = [one.text for one in drawing.iter("text") if one.attrib["class"] == "row"]
    assert labels[0] == "mini_ende" and labels[1][-1] == "…" and labels[2] == "mean of the rows"


def test_without_a_gain_there_is_no_drawing() -> None:
    (_, empty) = make_claim()["rows"]
    assert draw_gains(make_claim(rows=[empty], mean=None, interval=None)) == ""


def test_zero_and_the_margin_are_always_seen_and_far_intervals_cut() -> None:
    low, high = choose_range([3.0], [None], margin=2.0)
    assert low < -2 and high > 3
    low, high = choose_range([1.0], [[-500.0, 502.0]])
    assert -4 < low < -2 and 3 < high < 5
    assert choose_range([0.0], [None]) == (-1.0, 1.0)
