"""Single clauses that are true of a scene; each returns None where the scene offers nothing."""

from collections.abc import Callable
from typing import Final, TypeAlias

from t2t_mm.problems.miniature import german, plan
from t2t_mm.problems.miniature.mention import Mentions
from t2t_mm.problems.miniature.predicates import draw_predicate
from t2t_mm.problems.miniature.scene import COLOURS, KINDS

_Modifier: TypeAlias = plan.Relation | plan.Side | plan.SubjectRelative | plan.ObjectRelative


def draw_statement(mentions: Mentions) -> plan.Statement | None:
    """Draw a statement: the star that touches the house is (not) red (and covers the moon)."""
    dice, scene = mentions.dice, mentions.scene
    index = mentions.shuffle_unused()[0]
    mentions.used.add(index)
    modifier = _draw_modifier(mentions, index) if dice.chance(0.35) else None
    predicate, hidden = draw_predicate(mentions, index)
    predicates: tuple[plan.Predicate, ...] = (predicate,)
    is_plain = not isinstance(predicate, plan.Contrast) and not predicate.negated
    if is_plain and dice.chance(0.15):
        second, also_hidden = draw_predicate(mentions, index, negated=False)
        if type(second) is not type(predicate):
            predicates, hidden = (predicate, second), hidden + also_hidden
    front = None
    if is_plain and isinstance(predicate, plan.Action) and dice.chance(0.3):
        front = mentions.draw_side(index)
    if isinstance(modifier, plan.Relation | plan.Side) and (
        front or any(isinstance(predicate, plan.Location) for predicate in predicates)
    ):
        return None  # one place is enough
    may_be_vague = is_plain and not isinstance(predicate, plan.Property | plan.Comparison)
    is_vague = may_be_vague and scene.things[index].count == 1 and dice.chance(0.3)
    subject = mentions.name(index, "a" if is_vague else "the", hidden, modifier)
    return plan.Statement(subject, predicates, front) if subject else None


def _draw_modifier(mentions: Mentions, index: int) -> _Modifier | None:
    """Draw what follows a noun: the star above the house, on the left, that the house touches."""
    roll = mentions.dice.roll()
    if roll < 0.12:
        return mentions.draw_side(index)
    if roll < 0.3:
        return mentions.draw_relation(index)
    return _draw_relative_clause(mentions, index)


def _draw_relative_clause(
    mentions: Mentions, index: int
) -> plan.SubjectRelative | plan.ObjectRelative | None:
    """Draw a relative clause: the star that touches the house, that the house touches."""
    dice = mentions.dice
    makers = [
        (verb, subject)
        for subject, actions in enumerate(mentions.scene.actions)
        for verb, target in actions
        if target == index and verb in ("touch", "cover") and subject not in mentions.used
    ]
    if makers and dice.chance(0.75):
        verb, subject = dice.pick(makers)
        name = mentions.name_landmark(subject)
        thing = mentions.scene.things[index]
        if name and german.can_tell_object_from_subject(thing.kind, thing.count > 1, name):
            return plan.ObjectRelative(name, verb)
        return None
    for _ in range(3):
        predicate, hidden = draw_predicate(mentions, index)
        # A size or colour would have to be left out of the noun's own adjectives, and "the star
        # that is on the left" is just "the star on the left".
        is_side = isinstance(predicate, plan.Location) and isinstance(
            predicate.places[0], plan.Side
        )
        if not hidden and not is_side:
            return plan.SubjectRelative(predicate)
    return None


def draw_existence(mentions: Mentions) -> plan.Existence | None:
    """Draw an existence: there is a star (above the house); above the house there is a star."""
    dice = mentions.dice
    index, *others = mentions.shuffle_unused()
    if dice.chance(0.2):
        return _draw_absence(mentions)
    if others and dice.chance(0.25):
        return _draw_existence_of_two(mentions, index, others[0])
    mentions.used.add(index)
    roll = dice.roll()
    modifier = _draw_relative_clause(mentions, index) if roll < 0.35 else None
    if modifier:
        thing = mentions.name(index, "a", (), modifier)
        side = mentions.draw_side(index) if dice.chance(0.3) else None
        return plan.Existence(thing, side, place_first=True) if thing else None
    thing = mentions.name(index, "a")
    place = mentions.draw_relation(index) if 0.35 <= roll < 0.8 else None
    if thing and place:
        return plan.Existence(thing, place, dice.chance(0.5))
    side = mentions.draw_side(index) if dice.chance(0.5) else None
    return plan.Existence(thing, side, place_first=True) if thing else None


def _draw_existence_of_two(mentions: Mentions, index: int, other: int) -> plan.Existence | None:
    """Draw the existence of two: there is a red star and two houses."""
    first = mentions.name(index, "a", always_counts=True)
    second = mentions.name(other, "a", always_counts=True)
    return plan.Existence(plan.Pair(first, second)) if first and second else None


def _draw_absence(mentions: Mentions) -> plan.Existence:
    """Draw an absence: there is no red star (to the left of the house); there are no stars."""
    dice, scene = mentions.dice, mentions.scene
    seen = {(thing.kind, thing.colour) for thing in scene.things}
    kinds = {thing.kind for thing in scene.things}
    while True:
        kind = dice.pick(scene.things).kind if dice.chance(0.6) else dice.pick(KINDS)
        colour = dice.pick(scene.things).colour if dice.chance(0.4) else ""
        if not colour and dice.chance(0.4):
            colour = dice.pick(COLOURS)
        if (kind, colour) not in seen and (colour or kind not in kinds):
            break
    place = None
    if dice.chance(0.5):
        landmark = mentions.name(dice.pick(range(len(scene.things))))
        if landmark is not None and landmark.kind != kind:
            relation = dice.pick(("left", "right", "above", "below", "next"))
            place = plan.Relation(relation, landmark)
    # "Pas de croix" does not tell one cross from several.
    plural = kind != "cross" and dice.chance(0.4)
    thing = plan.NounPhrase(kind, plural, "no", colour=colour)
    return plan.Existence(thing, place, dice.chance(0.4))


def draw_presentation(mentions: Mentions) -> plan.Presentation | None:
    """Draw a presentation: above the house is a red star (that touches the moon)."""
    index = mentions.shuffle_unused()[0]
    mentions.used.add(index)
    place = mentions.draw_relation(index)
    if place is None:
        return None
    modifier = _draw_relative_clause(mentions, index) if mentions.dice.chance(0.3) else None
    thing = mentions.name(index, "a", (), modifier)
    return plan.Presentation(place, thing) if thing else None


def draw_quantity(mentions: Mentions) -> plan.Statement | None:
    """Draw a quantity: all stars are red; none is blue; two of the three are above the house."""
    dice, scene = mentions.dice, mentions.scene
    index = mentions.shuffle_unused()[0]
    thing = scene.things[index]
    group = [other for other in scene.things if other.kind == thing.kind]
    total = sum(other.count for other in group)
    if total < 2:
        return None
    mentions.used.update(i for i, other in enumerate(scene.things) if other.kind == thing.kind)
    says_total = total if total > 2 and dice.chance(0.6) else 0
    whole = plan.NounPhrase(thing.kind, True, "the", says_total)
    if len(group) > 1:
        predicate = _draw_shared_predicate(mentions, index)
        return plan.Statement(plan.Partitive(thing.count, whole), (predicate,))
    if dice.chance(0.5):
        wrong = dice.pick([colour for colour in COLOURS if colour != thing.colour])
        return plan.Statement(plan.Partitive(0, whole), (plan.Property((wrong,)),))
    predicate = _draw_shared_predicate(mentions, index)
    return plan.Statement(plan.NounPhrase(thing.kind, True, "all"), (predicate,))


def _draw_shared_predicate(mentions: Mentions, index: int) -> plan.Predicate:
    """Draw a place or a colour that is true of a thing and of no other of its kind."""
    place = None
    if not mentions.scene.find_rivals(index) and mentions.dice.chance(0.6):
        place = mentions.draw_relation(index)
    if place is not None:
        return plan.Location((place,))
    return plan.Property((mentions.scene.things[index].colour,))


def draw_pair(mentions: Mentions) -> plan.Statement | None:
    """Draw a pair, two things of which the same is true: the star and the house are red."""
    scene, dice = mentions.scene, mentions.dice
    index, *others = mentions.shuffle_unused()
    thing, sides = scene.things[index], scene.sides(index)
    for other in others:
        twin = scene.things[other]
        shared = [side for side in sides if side in scene.sides(other)]
        predicate: plan.Predicate
        if thing.colour == twin.colour:
            predicate, hidden = plan.Property((thing.colour,)), "colour"
        elif shared and dice.chance(0.4):
            predicate, hidden = plan.Location((plan.Side(shared[0]),)), ""
        elif thing.size == twin.size and dice.chance(0.6):
            predicate, hidden = plan.Property((thing.size,)), "size"
        else:
            colours = [c for c in COLOURS if c not in (thing.colour, twin.colour)]
            predicate, hidden = plan.Property((dice.pick(colours),), negated=True), "colour"
        first, second = (
            mentions.name(index, "the", (hidden,)),
            mentions.name(other, "the", (hidden,)),
        )
        if first and second:
            return plan.Statement(plan.Pair(first, second), (predicate,))
    return None


_MAKERS: Final[tuple[Callable[[Mentions], plan.Clause | None], ...]] = (
    *(draw_statement,) * 4,
    *(draw_existence,) * 2,
    draw_presentation,
    *(draw_quantity,) * 2,
    draw_pair,
)


def draw_clause(mentions: Mentions) -> plan.Clause | None:
    """Draw one clause of any sort; statements and existence are the most frequent."""
    return mentions.dice.pick(_MAKERS)(mentions)
