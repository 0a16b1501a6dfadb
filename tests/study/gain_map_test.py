"""Gains as a map: a place for each that is compared, dark and bold where it matters."""

import xml.etree.ElementTree as ElementTree
from typing import Any

from t2t_mm.study.gain_map import draw_gain_map


def make_gain(mean: float | None, verdict: str = "open") -> dict[str, Any]:
    return {"mean": mean, "interval": [-1.0, 9.0] if mean else None, "verdict": verdict}


def make_table(**changes: Any) -> dict[str, Any]:
    gains = {
        "with <a>": {"b" * 40: make_gain(4.0, "supported")},
        "with b": {"a": make_gain(-1.0)},
        "later": {"a": make_gain(None)},
    }
    return {"title": "T", "rows": [{"label": "a"}, {"label": "b" * 40}], "gains": gains} | changes


def test_each_gain_has_a_square_and_what_is_not_run_a_dot() -> None:
    drawing = ElementTree.fromstring(draw_gain_map(make_table()))
    width, height = map(float, drawing.attrib["viewBox"].split()[2:])
    squares = list(drawing.iter("rect"))
    assert [one.attrib["class"] for one in squares] == ["more", "less"]
    assert [float(one.attrib["fill-opacity"]) for one in squares] == [1.0, 0.25]
    assert all(0 < float(one.attrib["x"]) < width - 40 for one in squares)
    assert all(0 < float(one.attrib["y"]) < height - 20 for one in squares)
    assert float(squares[0].attrib["y"]) > float(squares[1].attrib["y"])  # b is below a
    (told, _) = (one.findtext("title") for one in squares)
    assert told == f"{'b' * 40}, with <a>: +4.00 (-1.00 to +9.00)"
    written = {one.text: one.attrib["class"] for one in drawing.iter("text")}
    assert written["+4.0"] == "share strong sure" and written["-1.0"] == "share"
    assert "·" in written and f"{'b' * 27}…" in written


def test_before_any_run_there_are_only_dots() -> None:
    table = make_table(gains={"with b": {"a": make_gain(None)}})
    drawing = ElementTree.fromstring(draw_gain_map(table))
    assert not list(drawing.iter("rect"))


def test_gains_that_are_small_have_two_digits() -> None:
    table = make_table(gains={"with b": {"a": make_gain(-0.04), "b" * 40: make_gain(0.3)}})
    drawing = ElementTree.fromstring(draw_gain_map(table))
    assert {"-0.04", "+0.30"} <= {one.text for one in drawing.iter("text")}
