"""What a sentence says, in no language: the abstract syntax that all three languages realise.

`narration` makes plans that are true of a scene; `english`, `german` and `french` turn a plan into
words. All classes are frozen, so that a plan can be a key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Literal, TypeAlias

Determiner: TypeAlias = Literal["the", "a", "no", "all"]
Connective: TypeAlias = Literal["", "and", "but", "while"]


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """Things named by their kind: "the three big red stars that touch the house".

    Args:
        kind: one of `scene.KINDS`.
        plural: whether there are several.
        determiner: "a" with `plural` is the bare plural, or a bare number ("two stars").
        count: the number that is said, 2 to 5; 0 if none is.
        size: one of `scene.SIZES`, or "" where it is not said.
        colour: one of `scene.COLOURS`, or "" where it is not said.
        modifier: what follows the noun.
    """

    kind: str
    plural: bool
    determiner: Determiner
    count: int = 0
    size: str = ""
    colour: str = ""
    modifier: Relation | Side | SubjectRelative | ObjectRelative | None = None


@dataclass(frozen=True, slots=True)
class Partitive:
    """Some of a group: "two of the five stars"; count 0 is "none of the stars"."""

    count: int
    whole: NounPhrase


@dataclass(frozen=True, slots=True)
class Pair:
    """Two noun phrases joined by "and"."""

    first: NounPhrase
    second: NounPhrase


@dataclass(frozen=True, slots=True)
class Pronoun:
    """It or they: takes gender and number from what it stands for."""

    antecedent: NounPhrase | Pair


@dataclass(frozen=True, slots=True)
class Relation:
    """A place beside something: one of `scene.RELATIONS`; "between" has a pair as landmark."""

    relation: str
    landmark: NounPhrase | Pair


@dataclass(frozen=True, slots=True)
class Side:
    """A place in the picture: one of `scene.SIDES`."""

    side: str


@dataclass(frozen=True, slots=True)
class Property:
    """Is big, is red, is big and red."""

    adjectives: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Location:
    """Is above the house (and below the moon)."""

    places: tuple[Relation | Side, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Contrast:
    """Is not red but blue: two of one sort, the first denied."""

    denied: Property | Location
    instead: Property | Location


@dataclass(frozen=True, slots=True)
class Comparison:
    """Is bigger (or smaller) than something."""

    size: Literal["big", "small"]
    than: NounPhrase
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """Does something to something: a verb of `scene.VERBS`."""

    verb: str
    object: NounPhrase
    negated: bool = False


@dataclass(frozen=True, slots=True)
class SubjectRelative:
    """That touches the house: the noun is the subject of the clause."""

    predicate: Predicate


@dataclass(frozen=True, slots=True)
class ObjectRelative:
    """That the house touches: the noun is the object of the clause."""

    subject: NounPhrase
    verb: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A subject with one or two predicates, perhaps after a place: "on the left, ..."."""

    subject: Subject
    predicates: tuple[Predicate, ...]
    front: Side | None = None


@dataclass(frozen=True, slots=True)
class Existence:
    """There is something, perhaps somewhere, with the place first or last."""

    things: NounPhrase | Pair
    place: Place | None = None
    place_first: bool = False


@dataclass(frozen=True, slots=True)
class Presentation:
    """Above the house is a star: the place first, the subject last."""

    place: Relation
    thing: NounPhrase


@dataclass(frozen=True, slots=True)
class Sentence:
    """One clause, or two that a connective joins."""

    first: Statement | Existence | Presentation
    connective: Connective = ""
    second: Statement | None = None


Place: TypeAlias = Relation | Side
Predicate: TypeAlias = Property | Location | Contrast | Comparison | Action
Subject: TypeAlias = NounPhrase | Partitive | Pair | Pronoun
Clause: TypeAlias = Statement | Existence | Presentation


def content(node: object) -> Iterator[str]:
    """Yields the content words of a plan by their English names: kinds, colours, sizes, numbers.

    A comparison counts as its size ("bigger" as "big"), a number from two on as its digit, a
    pronoun as nothing. So every language's sentence has one word for each, in its own order.
    """
    if isinstance(node, NounPhrase):
        yield node.kind
        if node.count:
            yield str(node.count)
        if node.size:
            yield node.size
        if node.colour:
            yield node.colour
        if node.modifier:
            yield from content(node.modifier)
    elif isinstance(node, Pronoun):
        return
    elif isinstance(node, Property):
        yield from node.adjectives
    elif isinstance(node, Partitive):
        if node.count > 1:
            yield str(node.count)
        yield from content(node.whole)
    elif isinstance(node, Comparison):
        yield node.size
        yield from content(node.than)
    elif isinstance(node, tuple):
        for part in node:
            yield from content(part)
    elif is_dataclass(node):
        for field in fields(node):
            yield from content(getattr(node, field.name))
