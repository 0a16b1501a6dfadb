"""Curves share one scale, keep within their frame and carry their names."""

import re

from t2t_mm.report.curve_drawing import choose_scale, draw_curve, spread_labels, thin_points
from t2t_mm.report.run_facts import Curve

CURVE = Curve(train=[(1, 8.0), (500, 2.0), (1000, 0.5)], validation=[(500, 1.5), (1000, 0.4)])
OTHER = Curve(train=[(2000, 16.0)])


def test_a_scale_holds_the_points_of_all_curves() -> None:
    scale = choose_scale([CURVE, OTHER])
    assert scale is not None and scale.end == 2000
    assert scale.low < 0.4 and scale.high > 16.0
    assert scale.ticks() == [0.5, 1.0, 2.0, 5.0, 10.0]
    assert scale.y(0.4) > scale.y(0.5) > scale.y(8.0)
    assert abs((scale.y(1.0) - scale.y(2.0)) - (scale.y(4.0) - scale.y(8.0))) < 1e-9


def test_no_points_no_scale_and_one_point_is_enough() -> None:
    assert choose_scale([Curve()]) is None
    scale = choose_scale([Curve(train=[(10, 0.0)])])
    assert scale is not None
    svg = draw_curve(Curve(train=[(10, 0.0)]), scale, "")
    assert "train 0.00" in svg and "10 steps<" in svg


def test_lines_lie_within_the_frame_and_end_with_name_and_value() -> None:
    scale = choose_scale([CURVE], seconds=95.0)
    assert scale is not None
    svg = draw_curve(CURVE, scale, "loss")
    assert "1,000 steps, 1 min 35 s" in svg
    lines = re.findall(r'points="([^"]*)"', svg)
    assert len(lines) == 2
    for line in lines:
        for point in line.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 320 and 0 <= y <= 190
    assert "train 0.50" in svg and "valid. 0.40" in svg


def test_many_points_are_averaged_into_few() -> None:
    points = [(step, float(step % 2)) for step in range(1, 1001)]
    few = thin_points(points, most=100)
    assert len(few) == 100 and few[-1] == (1000, 0.5)
    assert thin_points(points[:50]) == points[:50]


def test_labels_that_would_overlap_are_moved_apart() -> None:
    assert spread_labels([10.0, 80.0], 13.0) == [10.0, 80.0]
    assert spread_labels([52.0, 50.0], 10.0) == [56.0, 46.0]
    assert spread_labels([5.0], 10.0) == [5.0]
    assert spread_labels([20.0, 21.0, 22.0, 60.0], 10.0) == [11.0, 21.0, 31.0, 60.0]
    assert spread_labels([], 10.0) == []
