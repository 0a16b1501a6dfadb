"""What a sentence says, in no language: the abstract syntax that all three languages realise.

`narration` makes plans that are true of a scene; `english`, `german` and `french` turn a plan into
words. All classes are frozen, so that a plan can be a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Determiner: TypeAlias = Literal["the", "a", "no", "all"]
Connective: TypeAlias = Literal["", "and", "but", "while"]


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """Things named by their kind: "the three big red stars that touch the house".

    Args:
        kind: One of `scene.KINDS`.
        plural: Whether there are several.
        determiner: "a" with `plural` is the bare plural, or a bare number ("two stars").
        count: The number that is said, 2 to 5; 0 if none is.
        size: One of `scene.SIZES`, or "" where it is not said.
        colour: One of `scene.COLOURS`, or "" where it is not said.
        modifier: What follows the noun.
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


def list_content_words(sentence: Sentence) -> list[str]:
    """List the content words of a sentence by their English names, sorted.

    These are kinds, colours, sizes and numbers. A comparison counts as its size ("bigger" as
    "big"), a number from two on as its digit, a pronoun as nothing. So every language has one word
    for each, in its own order.

    Example:
        >>> star = NounPhrase("star", plural=True, determiner="a", count=2, colour="red")
        >>> list_content_words(Sentence(Existence(star)))
        ['2', 'red', 'star']
    """
    found: list[str] = []
    _collect_words(sentence, found)
    return sorted(found)


def _collect_words(node: object, found: list[str]) -> None:
    """Add the content words of a plan and of all plans in it."""
    found += _list_own_words(node)
    for name in _PARTS.get(type(node), ()):
        part = getattr(node, name)
        for piece in part if isinstance(part, tuple) else (part,):
            _collect_words(piece, found)


def _list_own_words(node: object) -> tuple[str, ...]:
    """List the content words that a plan has itself, without those of the plans in it."""
    if isinstance(node, NounPhrase):
        words = (node.kind, str(node.count or ""), node.size, node.colour)
        return tuple(filter(None, words))
    if isinstance(node, Property):
        return node.adjectives
    if isinstance(node, Partitive) and node.count > 1:
        return (str(node.count),)
    return (node.size,) if isinstance(node, Comparison) else ()


# The fields of each class that hold further plans; a pronoun repeats what was named before.
_PARTS: Final[dict[type, tuple[str, ...]]] = {
    NounPhrase: ("modifier",),
    Partitive: ("whole",),
    Pair: ("first", "second"),
    Relation: ("landmark",),
    Location: ("places",),
    Contrast: ("denied", "instead"),
    Comparison: ("than",),
    Action: ("object",),
    SubjectRelative: ("predicate",),
    ObjectRelative: ("subject",),
    Statement: ("subject", "predicates"),
    Existence: ("things", "place"),
    Presentation: ("place", "thing"),
    Sentence: ("first", "second"),
}
