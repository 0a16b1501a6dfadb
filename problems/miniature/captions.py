"""Five different true captions of one picture, all from the grammar of the text problems.

The sentences are few in form: a caption names the kind, the colour and, of several, the number of
all things it tells of. A single thing's size is always told, those of two things in one caption of
five.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from t2t_mm.problems.miniature import english, plan
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.picture_scenes import Cast
from t2t_mm.problems.miniature.scene import OPPOSITES, SIZES, Scene, Thing

NUM_CAPTIONS: Final = 5
MAX_WORDS: Final = 13
_Clause: TypeAlias = plan.Existence | plan.Presentation | plan.Statement


def name_thing(
    thing: Thing, determiner: plan.Determiner, *, sized: bool = False
) -> plan.NounPhrase:
    """Name a thing: "the two (small) red stars" or "a (small) red star"."""
    return plan.NounPhrase(
        thing.kind,
        thing.count > 1,
        determiner,
        thing.count if thing.count > 1 else 0,
        thing.size if sized else "",
        thing.colour,
    )


def _place_thing(thing: Thing, place: plan.Place, *, sized: bool = False) -> list[_Clause]:
    """List three or four ways to say where a thing is."""
    clauses: list[_Clause] = [
        plan.Statement(name_thing(thing, "the", sized=sized), (plan.Location((place,)),)),
        plan.Existence(name_thing(thing, "a", sized=sized), place),
        plan.Existence(name_thing(thing, "a", sized=sized), place, place_first=True),
    ]
    if isinstance(place, plan.Relation):
        clauses.append(plan.Presentation(place, name_thing(thing, "a", sized=sized)))
    return clauses


def _tell_one(thing: Thing, sides: tuple[str, ...]) -> list[_Clause]:
    """List captions of a single thing: where in the picture it is, and what it is like."""
    clauses = [
        clause for side in sides for clause in _place_thing(thing, plan.Side(side), sized=True)
    ]
    count = thing.count if thing.count > 1 else 0
    plain = plan.NounPhrase(thing.kind, thing.count > 1, "the", count)
    clauses += [
        plan.Existence(name_thing(thing, "a", sized=True)),
        plan.Statement(plain, (plan.Property((thing.size, thing.colour)),)),
    ]
    return clauses


def _tell_two(thing: Thing, landmark: Thing, relations: list[str]) -> list[_Clause]:
    """List captions of two things: how one lies to the other."""
    clauses: list[_Clause] = []
    for relation in relations:
        clauses += _place_thing(thing, plan.Relation(relation, name_thing(landmark, "the")))
        if relation in OPPOSITES:
            place = plan.Relation(OPPOSITES[relation], name_thing(thing, "the"))
            clauses.insert(
                2, plan.Statement(name_thing(landmark, "the"), (plan.Location((place,)),))
            )
    clauses.append(plan.Existence(plan.Pair(name_thing(thing, "a"), name_thing(landmark, "a"))))
    return clauses


def _tell_three(thing: Thing, one: Thing, other: Thing) -> list[_Clause]:
    """List captions of a thing between two others, named in either order."""
    return [
        clause
        for ends in ((one, other), (other, one))
        for clause in _place_thing(
            thing,
            plan.Relation(
                "between", plan.Pair(name_thing(ends[0], "the"), name_thing(ends[1], "the"))
            ),
        )
    ]


def plan_captions(cast: Cast, scene: Scene) -> list[plan.Sentence]:
    """List all captions that tell of the whole cast; those that always fit come first.

    They all have the content words `cast.content`.

    Args:
        cast: What to tell of.
        scene: Where it is; its first things are those of the cast.
    """
    first, *others = scene.things[: len(cast.things)]
    if not others:
        clauses = _tell_one(first, scene.sides(0))
    elif len(others) == 1:
        clauses = _tell_two(first, others[0], [r for r, other in scene.relations[0] if other == 1])
    else:
        clauses = _tell_three(first, others[0], others[1])
    return [plan.Sentence(clause) for clause in clauses]


def _tell_sizes(cast: Cast) -> _Clause:
    """Tell two sizes: there is a small red star and a huge blue house."""
    first, second = (name_thing(thing, "a", sized=True) for thing in cast.things)
    return plan.Existence(plan.Pair(first, second))


def _compare_sizes(cast: Cast) -> _Clause:
    """Compare two sizes: the red star is smaller than the blue house; tell equal ones."""
    first, second = cast.things
    rank, other_rank = SIZES.index(first.size), SIZES.index(second.size)
    if rank == other_rank:
        return _tell_sizes(cast)
    comparison = plan.Comparison("big" if rank > other_rank else "small", name_thing(second, "the"))
    return plan.Statement(name_thing(first, "the"), (comparison,))


def draw_special(cast: Cast, dice: Dice) -> plan.Sentence | None:
    """Draw the one caption that tells of two things' sizes; None of fewer things, or more."""
    if len(cast.things) != 2:
        return None
    return plan.Sentence(_tell_sizes(cast) if dice.chance(0.7) else _compare_sizes(cast))


def choose_captions(
    cast: Cast, scene: Scene, special: plan.Sentence | None, dice: Dice
) -> tuple[plan.Sentence, ...] | None:
    """Choose five captions of a picture, in random order.

    The first three plain ones are always among them, so that there is a form that always fits.

    Args:
        cast: What to tell of.
        scene: Where it is.
        special: What `draw_special` gave.
        dice: Decides.

    Returns:
        Five sentences that differ in English; None where that many are not short enough.
    """
    plain = [one for one in plan_captions(cast, scene) if is_short(one)]
    steady, rest = plain[:3], plain[3:]
    dice.shuffle(rest)
    chosen = (steady + ([] if special is None else [special]) + rest)[:NUM_CAPTIONS]
    if len({english.write_sentence(one) for one in chosen}) < NUM_CAPTIONS:
        return None
    dice.shuffle(chosen)
    return tuple(chosen)


def is_short(sentence: plan.Sentence) -> bool:
    """Return whether a sentence has at most `MAX_WORDS` words in English."""
    return len(english.write_sentence(sentence).split()) <= MAX_WORDS
