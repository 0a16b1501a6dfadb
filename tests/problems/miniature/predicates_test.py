"""What is said of a thing is true of it, and what is denied is not."""

from collections.abc import Callable, Iterator

import pytest

from t2t_mm.problems.miniature import predicates
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.mention import Mentions
from t2t_mm.problems.miniature.plan import (
    Action,
    Comparison,
    Contrast,
    Location,
    NounPhrase,
    Pair,
    Place,
    Predicate,
    Property,
    Side,
)
from t2t_mm.problems.miniature.predicates import Said, draw_predicate
from t2t_mm.problems.miniature.scene import SIZES, Bond, Scene, Thing

# . . .
# star house moon
# . tree arrow
THINGS = (
    Thing("star", "red", "big", 1, 3),
    Thing("house", "blue", "huge", 1, 4),
    Thing("moon", "white", "small", 2, 5),
    Thing("tree", "green", "big", 1, 7),
    Thing("arrow", "red", "small", 1, 8),
)
SCENE = Scene(THINGS, (Bond("touch", 0, 1), Bond("cover", 3, 1), Bond("point", 4, 2)))
STAR, HOUSE, MOON, TREE, ARROW = range(5)
Maker = Callable[[Mentions, int], Said | None]


def draws(maker: Maker, index: int, number: int = 150) -> Iterator[Said]:
    for seed in range(number):
        mentions = Mentions(SCENE, Dice(f"predicates/{seed}"))
        mentions.used.add(index)
        if said := maker(mentions, index):
            yield said


def index_of(phrase: NounPhrase) -> int:
    return next(index for index, thing in enumerate(THINGS) if thing.kind == phrase.kind)


def is_at(place: Place, index: int) -> bool:
    if isinstance(place, Side):
        return place.side in SCENE.sides(index)
    if isinstance(place.landmark, Pair):
        ends = index_of(place.landmark.first), index_of(place.landmark.second)
        return tuple(sorted(ends)) in map(tuple, map(sorted, SCENE.find_pairs_around(index)))
    return (place.relation, index_of(place.landmark)) in SCENE.relations[index]


def is_true(said: Predicate, index: int) -> bool:
    thing = THINGS[index]
    if isinstance(said, Contrast):
        return not is_true(said.denied, index) and is_true(said.instead, index)
    if isinstance(said, Property):
        holds = {*said.adjectives} <= {thing.size, thing.colour}
    elif isinstance(said, Location):
        holds = all(is_at(place, index) for place in said.places)
    elif isinstance(said, Comparison):
        rank, other = SIZES.index(thing.size), SIZES.index(THINGS[index_of(said.than)].size)
        holds = rank > other if said.size == "big" else rank < other
    else:
        holds = (said.verb, index_of(said.object)) in SCENE.actions[index]
    return holds != said.negated


MAKERS = {
    "draw_colour": (STAR, {Property}),
    "draw_size": (STAR, {Property}),
    "deny_property": (STAR, {Property, Contrast}),
    "draw_location": (HOUSE, {Location}),
    "deny_location": (HOUSE, {Location, Contrast}),
    "draw_comparison": (STAR, {Comparison}),
    "deny_comparison": (STAR, {Comparison}),
    "draw_action": (STAR, {Action}),
    "deny_action": (STAR, {Action}),
}


@pytest.mark.parametrize("name", MAKERS)
def test_only_the_truth_is_said(name: str) -> None:
    index, classes = MAKERS[name]
    drawn = list(draws(getattr(predicates, name), index))
    assert {type(said) for said, _ in drawn} == classes
    for said, _ in drawn:
        assert is_true(said, index), said
        if not isinstance(said, Contrast):
            assert said.negated == name.startswith("deny")


def test_every_maker_is_looked_at() -> None:
    listed = {maker.__name__ for maker in (*predicates._POSITIVE, *predicates._NEGATIVE)}
    assert listed == set(MAKERS)


@pytest.mark.parametrize("name", ["draw_colour", "draw_size", "deny_property", "draw_comparison"])
def test_the_name_leaves_out_what_the_predicate_says(name: str) -> None:
    for said, hidden in draws(getattr(predicates, name), STAR):
        named = said.denied if isinstance(said, Contrast) else said
        adjectives = (named.size,) if isinstance(named, Comparison) else named.adjectives
        kinds = {"size" if adjective in SIZES else "colour" for adjective in adjectives}
        assert set(hidden) == kinds


def test_only_an_arrow_is_said_to_point() -> None:
    denied = {said.verb for said, _ in draws(predicates.deny_action, STAR)}
    assert denied == {"touch", "cover", "link"}
    assert {said.verb for said, _ in draws(predicates.deny_action, ARROW)} == {"touch", "point"}
    assert {said.verb for said, _ in draws(predicates.draw_action, ARROW)} == {"point"}


def test_there_may_be_nothing_to_say() -> None:
    alone = Mentions(Scene(THINGS[:1], ()), Dice("alone"))
    alone.used.add(0)
    for name in MAKERS:
        if name not in ("draw_colour", "draw_size", "deny_property", "draw_location"):
            assert getattr(predicates, name)(alone, 0) is None


@pytest.mark.parametrize("negated", [True, False])
def test_whether_to_deny_can_be_asked_for(negated: bool) -> None:
    found = list(draws(lambda mentions, index: draw_predicate(mentions, index, negated), STAR))
    assert len(found) == 150  # there is always something
    for said, _ in found:
        assert is_true(said, STAR)
        assert (isinstance(said, Contrast) or said.negated) == negated


def test_what_came_to_nothing_leaves_no_name_behind() -> None:
    # A lone thing has neither relations nor actions: the fallback names nothing else.
    for seed in range(50):
        mentions = Mentions(Scene(THINGS[:1], ()), Dice(str(seed)))
        mentions.used.add(0)
        draw_predicate(mentions, 0)
        assert mentions.used == {0}
