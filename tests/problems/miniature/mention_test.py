"""How things are named: only one thing fits, and none is named twice."""

from collections.abc import Iterator

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.mention import Mentions
from t2t_mm.problems.miniature.plan import NounPhrase, Pair
from t2t_mm.problems.miniature.scene import Scene, Thing

# Two stars of one size, one of another, and two moons between a house and a tree.
THINGS = (
    Thing("star", "red", "big", 1, 0),
    Thing("star", "blue", "big", 1, 2),
    Thing("star", "green", "huge", 1, 8),
    Thing("house", "red", "big", 1, 3),
    Thing("moon", "white", "small", 2, 4),
    Thing("tree", "green", "big", 1, 5),
)
SCENE = Scene(THINGS, ())
RED_STAR, _, GREEN_STAR, HOUSE, MOONS, TREE = range(6)


def draws(number: int = 200) -> Iterator[Mentions]:
    return (Mentions(SCENE, Dice(f"mention/{seed}")) for seed in range(number))


def fitting(phrase: NounPhrase) -> list[int]:
    return [
        index
        for index, thing in enumerate(THINGS)
        if thing.kind == phrase.kind
        and phrase.size in ("", thing.size)
        and phrase.colour in ("", thing.colour)
    ]


def test_a_name_fits_one_thing_only() -> None:
    for mentions in draws():
        for index in range(6):
            phrase = mentions.name(index)
            assert phrase is not None and fitting(phrase) == [index]


def test_what_is_said_elsewhere_stays_out_of_the_name() -> None:
    for mentions in draws():
        phrase = mentions.name(HOUSE, "the", ("size", "colour"))
        assert phrase == NounPhrase("house", False, "the")


def test_where_the_colour_is_said_elsewhere_the_size_must_do() -> None:
    for mentions in draws():
        phrase = mentions.name(GREEN_STAR, "the", ("colour",))
        assert phrase is not None and (phrase.size, phrase.colour) == ("huge", "")
        assert mentions.name(RED_STAR, "the", ("colour",)) is None
        assert mentions.name(GREEN_STAR, "the", ("size", "colour")) is None


def test_the_number_is_said_now_and_then_or_always() -> None:
    def counts(index: int, *, always: bool) -> set[int]:
        names = [mentions.name(index, always_counts=always) for mentions in draws()]
        return {phrase.count for phrase in names if phrase}

    assert counts(MOONS, always=False) == {0, 2}
    assert counts(MOONS, always=True) == {2}
    assert counts(HOUSE, always=True) == {0}


def test_several_vague_landmarks_have_their_number() -> None:
    landmarks = [one.name_landmark(MOONS) for one in draws()]
    assert {one.determiner for one in landmarks if one} == {"the", "a"}
    assert all(one.count == 2 for one in landmarks if one and one.determiner == "a")


def test_what_was_named_is_not_among_the_unused() -> None:
    for mentions in draws(20):
        assert sorted(mentions.shuffle_unused()) == list(range(6))
        mentions.name(MOONS)
        assert sorted(mentions.shuffle_unused()) == [0, 1, 2, 3, 5]


def test_relations_are_true_and_name_nothing_twice() -> None:
    seen = set()
    for mentions in draws():
        mentions.used.add(HOUSE)
        place = mentions.draw_relation(MOONS)
        assert place is not None and isinstance(place.landmark, NounPhrase)
        (landmark,) = fitting(place.landmark)
        assert landmark != HOUSE and (place.relation, landmark) in SCENE.relations[MOONS]
        seen.add(place.relation)
    assert seen == {"left", "next"}


def test_a_thing_between_two_is_placed_by_both() -> None:
    pairs = set()
    for mentions in draws():
        place = mentions.draw_relation(MOONS)
        if place is not None and isinstance(place.landmark, Pair):
            assert place.relation == "between"
            ends = (place.landmark.first, place.landmark.second)
            pairs.add(tuple(index for end in ends for index in fitting(end)))
    assert pairs == {(HOUSE, TREE), (TREE, HOUSE)}


def test_sides_are_those_of_the_cell() -> None:
    assert {one.draw_side(GREEN_STAR).side for one in draws()} == {"right", "bottom"}
    assert {one.draw_side(MOONS).side for one in draws()} == {"middle"}
