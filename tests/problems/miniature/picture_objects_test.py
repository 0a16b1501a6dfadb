"""The sixteen objects: what belongs to each is where one expects it."""

import pytest

from t2t_mm.problems.miniature.picture_contours import Contour
from t2t_mm.problems.miniature.picture_objects import OBJECT_DRAWINGS
from t2t_mm.problems.miniature.scene import CONTAINERS, OBJECTS


def parts(kind: str, shade: str) -> list[Contour]:
    return [
        solid
        for part in OBJECT_DRAWINGS[kind].parts
        if part.shade == shade
        for solid in part.solids
    ]


def middle(contour: Contour) -> tuple[float, float]:
    xs, ys = zip(*contour, strict=True)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def test_there_is_a_drawing_of_each_object() -> None:
    assert set(OBJECT_DRAWINGS) == set(OBJECTS)


@pytest.mark.parametrize("kind", OBJECTS)
def test_an_object_shows_its_colour_and_fits_into_its_field(kind: str) -> None:
    assert parts(kind, "fill")
    for part in OBJECT_DRAWINGS[kind].parts:
        for contour in (*part.solids, *part.holes):
            assert all(abs(x) <= 1.11 and abs(y) <= 1.11 for x, y in contour)


@pytest.mark.parametrize("kind", sorted(CONTAINERS.intersection(OBJECTS)))
def test_the_free_room_of_a_container_lies_in_its_own_colour(kind: str) -> None:
    well = OBJECT_DRAWINGS[kind].well
    assert well is not None
    x, y, radius = well
    xs, ys = zip(*(point for solid in parts(kind, "fill") for point in solid), strict=True)
    assert min(xs) <= x - radius and x + radius <= max(xs)
    assert min(ys) <= y - radius and y + radius <= max(ys)


def test_a_roof_is_above_the_wall_and_the_door_in_it() -> None:
    (wall,), (roof, door) = parts("house", "fill"), parts("house", "dark")
    assert middle(roof)[1] < middle(wall)[1] < middle(door)[1]
    assert max(y for _, y in door) == max(y for _, y in wall)


def test_a_tree_widens_downwards() -> None:
    widths = [max(x for x, _ in tier) for tier in parts("tree", "fill")]
    assert len(widths) == 3 and widths == sorted(widths)


def test_a_flower_has_six_petals_around_its_middle() -> None:
    *petals, whole = parts("flower", "fill")
    assert len(petals) == 6
    assert middle(whole) == pytest.approx((0.0, 0.0), abs=0.01)
    distances = [sum(each**2 for each in middle(petal)) ** 0.5 for petal in petals]
    assert distances == pytest.approx([0.6] * 6, abs=0.01)


def test_a_ladder_has_two_rails_and_four_rungs() -> None:
    contours = parts("ladder", "fill")
    heights = [max(y for _, y in one) - min(y for _, y in one) for one in contours]
    assert sum(height > 2 for height in heights) == 2
    assert sum(height < 0.2 for height in heights) == 4
