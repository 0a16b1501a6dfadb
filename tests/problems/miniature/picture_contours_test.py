"""Closed curves: their area, direction and ends."""

import math

from t2t_mm.problems.miniature.picture_contours import (
    measure_signed_area,
    outline_arc,
    outline_bend,
    outline_ellipse,
    outline_polygon,
    outline_rectangle,
    outline_stroke,
)


def test_area_and_direction() -> None:
    assert measure_signed_area(outline_rectangle(0, 0, 2, 3)) == 6
    assert measure_signed_area(outline_rectangle(0, 0, 2, 3)[::-1]) == -6
    # 28 corners: a regular polygon, a little less than the circle around it.
    expected = 14 * math.sin(2 * math.pi / 28)
    assert abs(measure_signed_area(outline_ellipse(5, 5, 1)) - expected) < 1e-5
    assert abs(measure_signed_area(outline_ellipse(5, 5, 2, 3)) - 6 * expected) < 1e-4


def test_curves_reach_their_ends() -> None:
    points = outline_arc(1, 2, 3, 0, 90)
    assert points[0] == (4, 2)
    assert math.isclose(points[-1][0], 1) and math.isclose(points[-1][1], 5)
    assert outline_bend((0, 0), (1, 2), (2, 0))[4] == (1, 1)


def test_a_line_is_as_wide_as_it_says_and_round_at_its_bends() -> None:
    (straight,) = outline_stroke(0.5, (0, 0), (4, 0))
    assert abs(measure_signed_area(straight)) == 2
    assert len(outline_stroke(0.5, (0, 0), (4, 0), (4, 4))) == 3


def test_no_machine_shows_in_the_coordinates() -> None:
    assert outline_polygon((1 / 3, math.sin(1))) == ((0.333333, 0.841471),)
