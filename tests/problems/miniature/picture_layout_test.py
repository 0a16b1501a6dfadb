"""Layouts: what is true of a scene can be seen in the picture."""

from functools import cache
from itertools import combinations

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.picture_layout import DIAMETERS, Placed, lay_out, lay_out_around
from t2t_mm.problems.miniature.picture_scenes import (
    arrange_cast,
    draw_cast,
    draw_form,
    draw_main_thing,
)
from t2t_mm.problems.miniature.scene import SIZES, Bond, Scene, Thing


@cache
def laid_out() -> list[tuple[Scene, tuple[Placed, ...]]]:
    found = []
    for number in range(500):
        dice = Dice(f"layout/{number}")
        form, has_bystander = draw_form(dice)
        scene = arrange_cast(draw_cast(form, dice), has_bystander, dice)
        placed = lay_out(scene, dice)
        if placed is not None:
            found.append((scene, placed))
    return found


def edges(placed: Placed) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of all equal things together."""
    radius = placed.diameter / 2
    xs, ys = zip(*placed.centres, strict=True)
    return min(xs) - radius, min(ys) - radius, max(xs) + radius, max(ys) + radius


def middle(placed: Placed) -> tuple[float, float]:
    left, top, right, bottom = edges(placed)
    return (left + right) / 2, (top + bottom) / 2


def test_most_scenes_fit() -> None:
    assert len(laid_out()) > 300


def test_relations_can_be_seen() -> None:
    seen = set()
    for scene, placed in laid_out():
        inside = {bond.subject for bond in scene.bonds}
        for index, relations in enumerate(scene.relations):
            for relation, other in relations:
                # The free room of a thing need not be at half its height.
                slope = 11 if inside & {index, other} else 6
                a, b = edges(placed[index]), edges(placed[other])
                (x, y), (other_x, other_y) = middle(placed[index]), middle(placed[other])
                if relation == "left":
                    assert a[2] < b[0] and abs(y - other_y) < slope
                elif relation == "above":
                    assert a[3] < b[1] and abs(x - other_x) < slope
                elif relation == "inside":
                    assert b[0] < a[0] and b[1] < a[1] and a[2] < b[2] and a[3] < b[3]
                seen.add(relation)
    assert seen == {"left", "right", "above", "below", "next", "inside"}


def test_sides_can_be_seen() -> None:
    for scene, placed in laid_out():
        for index, one in enumerate(placed):
            if any(bond.subject == index for bond in scene.bonds):
                continue
            x, y = middle(one)
            sides = scene.sides(index)
            assert ("left" in sides) == (x < 24) and ("right" in sides) == (x > 40)
            assert ("top" in sides) == (y < 24) and ("bottom" in sides) == (y > 40)


def test_things_lie_within_the_picture_and_hide_nothing() -> None:
    for scene, placed in laid_out():
        inside = {bond.subject for bond in scene.bonds}
        for one in placed:
            left, top, right, bottom = edges(one)
            assert min(left, top) >= 0 and max(right, bottom) <= 64
        for one, other in combinations([p for i, p in enumerate(placed) if i not in inside], 2):
            a, b = edges(one), edges(other)
            assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]


def test_as_many_as_are_told_of_apart_from_one_another() -> None:
    counts = set()
    for scene, placed in laid_out():
        for thing, one in zip(scene.things, placed, strict=True):
            assert len(one.centres) == thing.count
            counts.add(thing.count)
            for (x, y), (other_x, other_y) in combinations(one.centres, 2):
                assert max(abs(x - other_x), abs(y - other_y)) >= 0.75 * one.diameter
    assert counts == {1, 2, 3, 4, 5}


def test_sizes_do_not_overlap() -> None:
    found: dict[str, set[float]] = {size: set() for size in SIZES}
    for scene, placed in laid_out():
        for index, (thing, one) in enumerate(zip(scene.things, placed, strict=True)):
            if all(bond.subject != index for bond in scene.bonds):
                found[thing.size].add(one.diameter)
            else:
                assert one.diameter <= DIAMETERS["small"]
    assert max(found["small"]) < min(found["big"]) < max(found["big"]) < min(found["huge"])


def test_what_does_not_fit_is_refused() -> None:
    five = [Thing("star", "red", "huge", 5, 0), Thing("cup", "blue", "huge", 5, 2)]
    assert lay_out(Scene(tuple(five), ()), Dice("a")) is None


def test_a_thing_inside_stays_inside_however_the_other_is_turned() -> None:
    for kind in ("cup", "house", "triangle", "box"):
        things = (Thing("star", "red", "small", 1, 4), Thing(kind, "blue", "huge", 1, 4))
        for number in range(10):
            placed = lay_out(Scene(things, (Bond("inside", 0, 1),)), Dice(f"{kind}{number}"))
            assert placed is not None
            (x, y), (outer_x, outer_y) = placed[0].centres[0], placed[1].centres[0]
            reach = placed[1].diameter / 2 - placed[0].diameter / 2
            assert abs(x - outer_x) < reach and abs(y - outer_y) < reach


def test_the_main_thing_is_largest_nearest_the_middle_and_in_front() -> None:
    for number in range(100):
        dice = Dice(f"main/{number}")
        scene = draw_main_thing(dice)
        *others, main = lay_out_around(scene, dice)
        assert main.kind == scene.things[0].kind and len(others) == len(scene.things) - 1
        distance = [abs(x - 32) + abs(y - 32) for one in (main, *others) for x, y in one.centres]
        assert distance[0] < min(distance[1:])
        assert all(main.diameter > 1.8 * other.diameter for other in others)
