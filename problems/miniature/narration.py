"""Says something true about a scene: draws the plan of a sentence."""

from collections.abc import Callable
from typing import Final, TypeAlias

from t2t_mm.problems.miniature import plan
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.mention import Mentions
from t2t_mm.problems.miniature.predicates import draw_predicate
from t2t_mm.problems.miniature.scene import COLOURS, KINDS, Scene

_Modifier: TypeAlias = plan.Relation | plan.Side | plan.SubjectRelative | plan.ObjectRelative


def draw_sentence(scene: Scene, dice: Dice) -> plan.Sentence:
    """Draws one true sentence about a scene, of one clause or two.

    Its length is not bounded here: the caller refuses what is too long.
    """
    roll = dice.roll()
    if roll < 0.62:
        while True:
            clause = dice.pick(_CLAUSES)(Mentions(scene, dice))
            if clause is not None:
                return plan.Sentence(clause)
    while True:
        sentence = _contrast(scene, dice) if roll < 0.72 else _two_statements(scene, dice)
        if sentence is not None:
            return sentence


def _statement(mentions: Mentions) -> plan.Statement | None:
    """The star that touches the house is (not) red (and covers the moon)."""
    dice = mentions.dice
    index = mentions.unused()[0]
    mentions.used.add(index)
    predicate, hidden = draw_predicate(mentions, index)
    predicates = (predicate,)
    is_plain = not isinstance(predicate, plan.Contrast) and not predicate.negated
    if is_plain and dice.chance(0.15):
        second, also_hidden = draw_predicate(mentions, index, negated=False)
        if type(second) is not type(predicate):
            predicates, hidden = (predicate, second), hidden + also_hidden
    front = None
    if is_plain and isinstance(predicate, plan.Action) and dice.chance(0.3):
        front = mentions.side(index)
    modifier = None
    if dice.chance(0.25 if len(predicates) > 1 or front else 0.5):
        modifier = _modifier(mentions, index, has_side=front is not None)
    is_vague = is_plain and not isinstance(predicate, plan.Property) and dice.chance(0.2)
    subject = mentions.name(index, "a" if is_vague else "the", hidden, modifier)
    return plan.Statement(subject, predicates, front) if subject else None


def _modifier(mentions: Mentions, index: int, has_side: bool = False) -> _Modifier | None:
    """The star above the house, on the left, that touches the house, that the house touches."""
    dice = mentions.dice
    roll = dice.roll()
    if roll < 0.12 and not has_side:
        return mentions.side(index)
    if roll < 0.4:
        return mentions.relation(index)
    makers = [
        (bond.verb, bond.subject)
        for bond in mentions.scene.bonds
        if bond.object == index
        and bond.verb in ("touch", "cover")
        and bond.subject not in mentions.used
    ]
    if makers and roll < 0.8:
        verb, subject = dice.pick(makers)
        name = mentions.landmark(subject)
        return plan.ObjectRelative(name, verb) if name else None
    predicate, hidden = draw_predicate(mentions, index)
    # A size or colour in the clause would need to be left out of the noun's own adjectives.
    return None if hidden else plan.SubjectRelative(predicate)


def _existence(mentions: Mentions) -> plan.Existence | None:
    """There is a star (above the house); above the house there is a star."""
    dice = mentions.dice
    index, *others = mentions.unused()
    if dice.chance(0.2):
        return _absence(mentions)
    thing = mentions.name(index, "a")
    assert thing is not None
    things: plan.NounPhrase | plan.Pair = thing
    if others and dice.chance(0.25):
        other = mentions.name(others[0], "a")
        assert other is not None
        things = plan.Pair(thing, other)
        return plan.Existence(things)
    roll = dice.roll()
    if roll < 0.35:
        modifier = _modifier(mentions, index)
        if isinstance(modifier, plan.SubjectRelative | plan.ObjectRelative):
            things = _with_modifier(thing, modifier)
            side = mentions.side(index) if dice.chance(0.3) else None
            return plan.Existence(things, side, place_first=True)
    place = mentions.relation(index) if roll < 0.8 else mentions.side(index)
    return plan.Existence(things, place, dice.chance(0.5)) if place else plan.Existence(things)


def _with_modifier(phrase: plan.NounPhrase, modifier: _Modifier) -> plan.NounPhrase:
    return plan.NounPhrase(
        phrase.kind,
        phrase.plural,
        phrase.determiner,
        phrase.count,
        phrase.size,
        phrase.colour,
        modifier,
    )


def _absence(mentions: Mentions) -> plan.Existence:
    """There is no red star (to the left of the house); there are no stars."""
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
    thing = plan.NounPhrase(kind, dice.chance(0.4), "no", colour=colour)
    return plan.Existence(thing, place, dice.chance(0.4))


def _presentation(mentions: Mentions) -> plan.Presentation | None:
    """Above the house is a red star (that touches the moon)."""
    index = mentions.unused()[0]
    mentions.used.add(index)
    place = mentions.relation(index)
    if place is None:
        return None
    modifier = _modifier(mentions, index) if mentions.dice.chance(0.3) else None
    if isinstance(modifier, plan.Relation | plan.Side):
        modifier = None
    thing = mentions.name(index, "a", (), modifier)
    return plan.Presentation(place, thing) if thing else None


def _quantity(mentions: Mentions) -> plan.Statement | None:
    """All stars are red; none of the stars is blue; two of the three stars are above the house."""
    dice, scene = mentions.dice, mentions.scene
    index = mentions.unused()[0]
    thing = scene.things[index]
    group = [other for other in scene.things if other.kind == thing.kind]
    total = sum(other.count for other in group)
    if total < 2:
        return None
    mentions.used.update(i for i, other in enumerate(scene.things) if other.kind == thing.kind)
    says_total = total if total > 2 and dice.chance(0.6) else 0
    whole = plan.NounPhrase(thing.kind, True, "the", says_total)
    if len(group) > 1:
        predicate = _shared_predicate(mentions, index)
        return plan.Statement(plan.Partitive(thing.count, whole), (predicate,))
    if dice.chance(0.5):
        wrong = dice.pick([colour for colour in COLOURS if colour != thing.colour])
        return plan.Statement(plan.Partitive(0, whole), (plan.Property((wrong,)),))
    predicate = _shared_predicate(mentions, index)
    return plan.Statement(plan.NounPhrase(thing.kind, True, "all"), (predicate,))


def _shared_predicate(mentions: Mentions, index: int) -> plan.Predicate:
    place = mentions.relation(index) if mentions.dice.chance(0.6) else None
    if place is not None:
        return plan.Location((place,))
    return plan.Property((mentions.scene.things[index].colour,))


def _pair(mentions: Mentions) -> plan.Statement | None:
    """The star and the house are red: two things of which the same is true."""
    scene, dice = mentions.scene, mentions.dice
    index, *others = mentions.unused()
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


_CLAUSES: Final[tuple[Callable[[Mentions], plan.Clause | None], ...]] = (
    *(_statement, _statement, _statement, _statement, _existence, _existence),
    *(_presentation, _quantity, _quantity, _pair),
)


def _contrast(scene: Scene, dice: Dice) -> plan.Sentence | None:
    """The star is red, while the house is blue."""
    mentions = Mentions(scene, dice)
    statements = []
    for index in mentions.unused()[:2]:
        mentions.used.add(index)
        predicate, hidden = draw_predicate(mentions, index)
        subject = mentions.name(index, "the", hidden)
        if subject is None:
            return None
        statements.append(plan.Statement(subject, (predicate,)))
    return plan.Sentence(statements[0], "while", statements[1])


def _two_statements(scene: Scene, dice: Dice) -> plan.Sentence | None:
    """The star is red, and it touches the house; ..., but the house is not blue."""
    mentions = Mentions(scene, dice)
    index, *others = mentions.unused()
    mentions.used.add(index)
    connective: plan.Connective = "but" if dice.chance(0.4) else "and"
    predicate, hidden = draw_predicate(mentions, index, negated=False)
    if dice.chance(0.6) or all(other in mentions.used for other in others):
        second, also_hidden = draw_predicate(mentions, index, connective == "but")
        subject = mentions.name(index, "the", hidden + also_hidden)
        if subject is None or set(hidden) & set(also_hidden):
            return None
        follower: plan.Subject = plan.Pronoun(subject)
    else:
        other = next(other for other in others if other not in mentions.used)
        mentions.used.add(other)
        second, also_hidden = draw_predicate(mentions, other, connective == "but")
        named, named_other = (
            mentions.name(index, "the", hidden),
            mentions.name(other, "the", also_hidden),
        )
        if named is None or named_other is None:
            return None
        subject, follower = named, named_other
    return plan.Sentence(
        plan.Statement(subject, (predicate,)), connective, plan.Statement(follower, (second,))
    )
