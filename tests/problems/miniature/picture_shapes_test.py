"""The twelve plain shapes: areas and outlines that one can check."""

import math

from t2t_mm.problems.miniature.picture_contours import Contour, measure_signed_area
from t2t_mm.problems.miniature.picture_shapes import SHAPE_DRAWINGS
from t2t_mm.problems.miniature.scene import SHAPES


def outline(kind: str) -> Contour:
    (part,) = SHAPE_DRAWINGS[kind].parts
    (contour,) = part.solids
    return contour


def test_there_is_a_drawing_of_each_shape_in_one_colour() -> None:
    assert set(SHAPE_DRAWINGS) == set(SHAPES)
    shades = {part.shade for drawing in SHAPE_DRAWINGS.values() for part in drawing.parts}
    assert shades == {"fill"}


def test_all_shapes_fit_into_their_field() -> None:
    for kind, drawing in SHAPE_DRAWINGS.items():
        points = [point for part in drawing.parts for solid in part.solids for point in solid]
        assert all(abs(x) <= 1.1 and abs(y) <= 1.1 for x, y in points), kind


def test_areas() -> None:
    def area(kind: str) -> float:
        return abs(measure_signed_area(outline(kind)))

    assert math.isclose(area("square"), 1.68**2)
    assert math.isclose(area("cross"), 2 * 2.0 * 0.6 - 0.6**2)  # two beams, their middle once
    assert math.isclose(area("diamond"), 2.08 * 1.36 / 2)
    assert math.isclose(area("triangle"), 2.04 * 1.78 / 2)
    assert 0.3 * math.pi < area("moon") < 0.6 * math.pi  # of a disc of radius 1


def test_a_star_has_five_points() -> None:
    radii = [math.hypot(x, y - 0.08) for x, y in outline("star")]
    assert [round(radius, 2) for radius in radii] == [1.06, 0.45] * 5


def test_a_moon_is_open_to_the_right() -> None:
    assert all(x < 0 for x, y in outline("moon") if abs(y) < 0.3)


def test_a_heart_is_the_same_on_both_sides() -> None:
    points = set(outline("heart"))
    assert {(-x, y) for x, y in points} == {(x, y) for x, y in points}
    assert max(points, key=lambda point: point[1]) == (0.0, 0.94)


def test_only_a_ring_has_a_hole_and_what_is_round_turns_freely() -> None:
    holed = {kind for kind, one in SHAPE_DRAWINGS.items() if any(part.holes for part in one.parts)}
    assert holed == {"ring"}
    assert {kind for kind, one in SHAPE_DRAWINGS.items() if one.turn == 180.0} == {
        "circle",
        "ring",
        "arrow",  # round it is not, but an arrow may point anywhere
    }
