"""The scenes of pictures: who is told of, and where they then lie."""

from collections.abc import Iterator
from typing import get_args

import pytest

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.picture_scenes import (
    Cast,
    Form,
    arrange_cast,
    draw_cast,
    draw_form,
    draw_main_thing,
)
from t2t_mm.problems.miniature.scene import CONTAINERS, Scene, Thing

NUM_THINGS = {"single": 1, "row": 2, "column": 2, "inside": 2, "between": 3}


def casts(form: Form) -> Iterator[tuple[Cast, Dice]]:
    for number in range(100):
        dice = Dice(f"cast/{form}/{number}")
        yield draw_cast(form, dice), dice


@pytest.mark.parametrize("form", get_args(Form))
def test_a_cast_has_things_of_different_kinds_and_colours(form: Form) -> None:
    for cast, _ in casts(form):
        assert len(cast.things) == NUM_THINGS[form]
        assert len({thing.kind for thing in cast.things}) == len(cast.things)
        assert len({thing.colour for thing in cast.things}) == len(cast.things)
        assert sum(thing.count > 2 for thing in cast.things) <= 1


def test_what_holds_another_is_huge_and_hollow() -> None:
    for cast, _ in casts("inside"):
        inner, outer = cast.things
        assert (inner.size, outer.size) == ("small", "huge")
        assert outer.kind in CONTAINERS and inner.count == outer.count == 1


@pytest.mark.parametrize(
    ("form", "relation"), [("row", "left"), ("column", "above"), ("inside", "inside")]
)
def test_two_things_lie_as_the_form_says(form: Form, relation: str) -> None:
    for cast, dice in casts(form):
        scene = arrange_cast(cast, False, dice)
        assert (relation, 1) in scene.relations[0]
        assert len(scene.things) == 2


def test_the_first_of_three_lies_between_the_others() -> None:
    pairs = set()
    for cast, dice in casts("between"):
        pairs |= set(arrange_cast(cast, False, dice).find_pairs_around(0))
    assert pairs == {(1, 2), (2, 1)}


def test_a_bystander_is_small_alone_and_of_another_kind() -> None:
    for cast, dice in casts("row"):
        *told, bystander = arrange_cast(cast, True, dice).things
        assert (bystander.size, bystander.count) == ("small", 1)
        assert bystander.kind not in {thing.kind for thing in told}
        assert bystander.cell not in {thing.cell for thing in told}


def test_a_third_thing_stands_by_two_only() -> None:
    drawn = [draw_form(Dice(f"form/{number}")) for number in range(1000)]
    assert {form for form, _ in drawn} == set(get_args(Form))
    assert {NUM_THINGS[form] for form, has_bystander in drawn if has_bystander} == {2}


def test_the_content_words_are_kinds_colours_numbers_and_the_size_of_a_single_thing() -> None:
    star, cups = Thing("star", "red", "big", 1, 0), Thing("cup", "blue", "small", 3, 0)
    assert Cast("single", (star,)).content == ("big", "red", "star")
    assert Cast("single", (cups,)).content == ("3", "blue", "cup", "small")
    assert Cast("row", (star, cups)).content == ("3", "blue", "cup", "red", "star")


def test_a_main_thing_is_huge_in_the_middle_of_small_ones() -> None:
    def draw(number: int) -> Scene:
        return draw_main_thing(Dice(f"main/{number}"))

    for main, *others in (draw(number).things for number in range(200)):
        assert (main.size, main.count, main.cell) == ("huge", 1, 4)
        assert 1 <= len(others) <= 4
        assert all((other.size, other.count) == ("small", 1) for other in others)
        assert len({thing.kind for thing in (main, *others)}) == len(others) + 1
        assert len({thing.cell for thing in (main, *others)}) == len(others) + 1
