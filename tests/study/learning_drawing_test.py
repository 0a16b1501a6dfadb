"""Cells beside each other: one line a column, by letters, and nothing where nothing compares."""

from typing import Any

from t2t_mm.study.learning_drawing import LEARNING_STYLE, draw_learning

CURVES = {"alone": [[10.0, 4.0], [60.0, 1.0]], "both": [[20.0, 4.0], [120.0, 0.5]]}


def make_table(curves: dict[str, Any], columns: list[str] | None = None) -> dict[str, Any]:
    places = {column: {"curve": curve} for column, curve in curves.items()}
    row = {"label": "copying & more", "places": places}
    return {"columns": columns or list(curves), "rows": [row]}


def test_each_column_is_a_line_with_its_letter_and_last_loss() -> None:
    drawn = draw_learning(make_table(CURVES))
    assert drawn.count("<polyline") == 2 and drawn.count("<svg") == 1
    assert ">A 1.00<" in drawn and ">B 0.50<" in drawn
    assert "A: alone" in drawn and "B: both" in drawn
    assert ">2 min 0 s<" in drawn and "copying &amp; more" in drawn
    hues = [f".hue{index} {{" for index in range(2)]
    assert all(hue in LEARNING_STYLE for hue in hues)


def test_a_column_keeps_its_letter_in_rows_that_lack_another() -> None:
    drawn = draw_learning(make_table(CURVES, columns=["first", "alone", "both"]))
    assert ">B 1.00<" in drawn and ">C 0.50<" in drawn and "A: first" in drawn


def test_one_line_is_nothing_to_compare() -> None:
    assert draw_learning(make_table({**CURVES, "both": []})) == ""
    assert draw_learning({"columns": ["alone"], "rows": []}) == ""


def test_more_columns_than_colours_are_not_drawn() -> None:
    many = {f"column {number}": [[1.0, 2.0]] for number in range(7)}
    assert draw_learning(make_table(many)) == ""
    del many["column 6"]
    assert ">F 2.00<" in draw_learning(make_table(many))
