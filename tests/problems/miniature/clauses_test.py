"""Clauses of every sort: what they consist of, and that they are true."""

import re
from collections.abc import Callable

import pytest

from t2t_mm.problems.miniature import clauses, english
from t2t_mm.problems.miniature.clauses import draw_clause
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.mention import Mentions
from t2t_mm.problems.miniature.plan import (
    Clause,
    Existence,
    Location,
    NounPhrase,
    Pair,
    Partitive,
    Presentation,
    Property,
    Relation,
    Sentence,
    Side,
    Statement,
)
from t2t_mm.problems.miniature.scene import Bond, Scene, Thing

STAR = Thing("star", "red", "big", 1, 3)
HOUSE = Thing("house", "red", "huge", 1, 4)
MOONS = Thing("moon", "white", "small", 3, 5)
TREE = Thing("tree", "green", "big", 1, 7)
SCENE = Scene((STAR, HOUSE, MOONS, TREE), (Bond("touch", 0, 1), Bond("cover", 3, 1)))


def draws(
    maker: Callable[[Mentions], Clause | None], scene: Scene = SCENE, number: int = 300
) -> list[Clause]:
    drawn = (maker(Mentions(scene, Dice(f"clauses/{seed}"))) for seed in range(number))
    return [clause for clause in drawn if clause is not None]


def index_of(phrase: NounPhrase) -> int:
    return next(i for i, thing in enumerate(SCENE.things) if thing.kind == phrase.kind)


def write(found: list[Clause]) -> set[str]:
    return {english.write_sentence(Sentence(clause)) for clause in found}


def test_a_subject_with_a_place_gets_no_other_place() -> None:
    placed = 0
    for clause in draws(clauses.draw_statement, number=1000):
        assert isinstance(clause, Statement) and isinstance(clause.subject, NounPhrase)
        assert 1 <= len(clause.predicates) <= 2
        if isinstance(clause.subject.modifier, Relation | Side):
            placed += 1
            assert clause.front is None
            assert not any(isinstance(one, Location) for one in clause.predicates)
    assert placed > 10


def test_what_there_is_and_is_not() -> None:
    found = draws(clauses.draw_existence)
    seen = {(thing.kind, thing.colour) for thing in SCENE.things}
    determiners = set()
    for clause in found:
        assert isinstance(clause, Existence)
        things = clause.things
        for phrase in (things.first, things.second) if isinstance(things, Pair) else (things,):
            determiners.add(phrase.determiner)
            same = {(kind, colour if phrase.colour else "") for kind, colour in seen}
            assert ((phrase.kind, phrase.colour) in same) == (phrase.determiner == "a")
    assert determiners == {"a", "no"}
    assert any(isinstance(clause.things, Pair) for clause in found)
    assert {clause.place_first for clause in found} == {True, False}


def test_a_presentation_begins_with_a_true_place() -> None:
    found = draws(clauses.draw_presentation)
    assert found
    for clause in found:
        assert isinstance(clause, Presentation) and clause.thing.determiner == "a"
        index, landmark = index_of(clause.thing), clause.place.landmark
        if isinstance(landmark, Pair):
            ends = {index_of(landmark.first), index_of(landmark.second)}
            assert ends in map(set, SCENE.find_pairs_around(index))
        else:
            assert (clause.place.relation, index_of(landmark)) in SCENE.relations[index]


def test_quantities_of_one_group() -> None:
    scene = Scene((MOONS, HOUSE), ())
    written = write(draws(clauses.draw_quantity, scene))
    assert "All moons are white." in written
    places = ("All moons are to the right of", "All moons are next to")
    assert any(one.startswith(places) for one in written)
    none = {one for one in written if one.startswith("None of the ")}
    assert any("three moons" in one for one in none) and not any("white" in one for one in none)
    assert all(one == "All moons are white." or one.startswith(places) for one in written - none)


def test_quantities_of_two_groups_are_told_by_their_colour() -> None:
    things = (Thing("star", "red", "big", 2, 0), Thing("star", "blue", "big", 1, 4))
    assert write(draws(clauses.draw_quantity, Scene(things, ()))) == {
        "Two of the stars are red.",
        "Two of the three stars are red.",
        "One of the stars is blue.",
        "One of the three stars is blue.",
    }


def test_a_single_thing_is_no_quantity() -> None:
    assert draws(clauses.draw_quantity, Scene((STAR, HOUSE), ())) == []


def test_of_a_pair_the_same_is_true() -> None:
    for clause in draws(clauses.draw_pair, Scene((STAR, HOUSE), ())):
        assert isinstance(clause, Statement) and isinstance(clause.subject, Pair)
        assert clause.predicates == (Property(("red",)),)
        assert clause.subject.first.colour == clause.subject.second.colour == ""
    said = {clause.predicates[0] for clause in draws(clauses.draw_pair, Scene((STAR, TREE), ()))}
    assert Property(("big",)) in said
    for one in said - {Property(("big",))}:
        assert isinstance(one, Property) and one.negated
        assert one.adjectives[0] not in ("red", "green")


def test_object_relatives_are_those_that_german_can_tell() -> None:
    written = write(draws(clauses.draw_statement, number=3000))
    assert any(re.search(r"house that (the|a) [\w ]*star touches", one) for one in written)
    # "Die Raute, die die Wolke berührt": nobody knows which touches which.
    unclear = Scene(
        (Thing("diamond", "red", "big", 1, 0), Thing("cloud", "blue", "big", 1, 1)),
        (Bond("touch", 0, 1),),
    )
    written = write(draws(clauses.draw_statement, unclear, number=1000))
    assert not any("that the" in one or "that a" in one for one in written)


@pytest.mark.parametrize("kind", [Statement, Existence, Presentation])
def test_clauses_of_every_sort_are_drawn(kind: type) -> None:
    found = draws(draw_clause)
    assert sum(isinstance(clause, kind) for clause in found) > 5
    assert any(
        isinstance(one, Statement) and isinstance(one.subject, Partitive | Pair) for one in found
    )
