"""What may truly be said of one thing: what it is like, where it is, what it does."""

from collections.abc import Callable
from typing import Final, TypeAlias

from t2t_mm.problems.miniature import plan
from t2t_mm.problems.miniature.mention import Mentions
from t2t_mm.problems.miniature.scene import COLOURS, OPPOSITES, SIZES

# A predicate and what the subject's own name must leave out: "the red star is red" says nothing.
Said: TypeAlias = tuple[plan.Predicate, tuple[str, ...]]


def draw_colour(mentions: Mentions, index: int) -> Said:
    """Draw a colour: is red; is big and red."""
    thing = mentions.scene.things[index]
    if mentions.dice.chance(0.3):
        return plan.Property((thing.size, thing.colour)), ("size", "colour")
    return plan.Property((thing.colour,)), ("colour",)


def draw_size(mentions: Mentions, index: int) -> Said:
    """Draw a size: is big."""
    return plan.Property((mentions.scene.things[index].size,)), ("size",)


def deny_property(mentions: Mentions, index: int) -> Said:
    """Deny a colour or a size: is not red; is not red but blue; is not small but big."""
    thing, dice = mentions.scene.things[index], mentions.dice
    if dice.chance(0.35):
        right, hidden = thing.size, "size"
        wrong = "small" if right != "small" else dice.pick(SIZES[1:])
    else:
        right, hidden = thing.colour, "colour"
        wrong = _draw_wrong_colour(mentions, right)
    if dice.chance(0.5):
        return plan.Property((wrong,), negated=True), (hidden,)
    return plan.Contrast(plan.Property((wrong,)), plan.Property((right,))), (hidden,)


def _draw_wrong_colour(mentions: Mentions, right: str) -> str:
    """Draw another colour, mostly one that the scene has."""
    seen = [thing.colour for thing in mentions.scene.things if thing.colour != right]
    if seen and mentions.dice.chance(0.7):
        return mentions.dice.pick(seen)
    return mentions.dice.pick([other for other in COLOURS if other != right])


def draw_location(mentions: Mentions, index: int) -> Said | None:
    """Draw a location: is on the left; is above the house and below the moon."""
    if mentions.dice.chance(0.2):
        return plan.Location((mentions.draw_side(index),)), ()
    first = mentions.draw_relation(index)
    if first is None:
        return None
    if first.relation not in ("between", "inside") and mentions.dice.chance(0.3):
        second = mentions.draw_relation(index)
        if second is not None and second.relation not in ("between", "inside", first.relation):
            return plan.Location((first, second)), ()
    return plan.Location((first,)), ()


def deny_location(mentions: Mentions, index: int) -> Said | None:
    """Deny a location: is not above the house; is not above the house but below the moon."""
    options = [
        (OPPOSITES[relation], other)
        for relation, other in mentions.scene.relations[index]
        if relation in OPPOSITES and other not in mentions.used
    ]
    if not options:
        return None
    relation, other = mentions.dice.pick(options)
    landmark = mentions.name(other)
    if landmark is None:
        return None
    wrong = plan.Location((plan.Relation(relation, landmark),))
    if mentions.dice.chance(0.5):
        right = mentions.draw_relation(index)
        if right is not None and right.relation != relation:
            return plan.Contrast(wrong, plan.Location((right,))), ()
    return plan.Location(wrong.places, negated=True), ()


def draw_comparison(mentions: Mentions, index: int, negated: bool = False) -> Said | None:
    """Draw a comparison: is bigger than the house; `negated`: is not bigger than the house."""
    own = SIZES.index(mentions.scene.things[index].size)
    for other in mentions.shuffle_unused():
        rank = SIZES.index(mentions.scene.things[other].size)
        if own == rank:
            continue
        # Only single things are compared with "a star": "smaller than stars" is said of all stars.
        is_vague = mentions.scene.things[other].count == 1 and mentions.dice.chance(0.3)
        than = mentions.name(other, "a" if is_vague and not negated else "the", ("size",))
        if than is not None:
            return plan.Comparison("big" if (own > rank) != negated else "small", than, negated), (
                "size",
            )
    return None


def deny_comparison(mentions: Mentions, index: int) -> Said | None:
    """Deny a comparison: is not bigger than the house."""
    return draw_comparison(mentions, index, negated=True)


def draw_action(mentions: Mentions, index: int) -> Said | None:
    """Draw an action: touches the house."""
    options = [
        (verb, other) for verb, other in mentions.scene.actions[index] if other not in mentions.used
    ]
    if not options:
        return None
    verb, other = mentions.dice.pick(options)
    target = mentions.name_landmark(other)
    return (plan.Action(verb, target), ()) if target else None


def deny_action(mentions: Mentions, index: int) -> Said | None:
    """Do not touch the house: said of things that no bond joins."""
    verbs = ("touch", "cover", "link")
    if mentions.scene.things[index].kind == "arrow":
        verbs = ("touch", "point", "point")
    for other in mentions.shuffle_unused():
        if not mentions.scene.are_bonded(index, other):
            target = mentions.name(other)
            if target is not None:
                return plan.Action(mentions.dice.pick(verbs), target, negated=True), ()
    return None


_Maker: TypeAlias = Callable[[Mentions, int], Said | None]
_POSITIVE: Final[tuple[_Maker, ...]] = (
    *(draw_colour,) * 2,
    draw_size,
    *(draw_location,) * 4,
    *(draw_comparison,) * 2,
    *(draw_action,) * 6,
)
_NEGATIVE: Final[tuple[_Maker, ...]] = (
    *(deny_property,) * 2,
    deny_location,
    deny_comparison,
    *(deny_action,) * 2,
)


def draw_predicate(mentions: Mentions, index: int, negated: bool | None = None) -> Said:
    """Draw something true of a thing.

    Args:
        mentions: Names the other things that are needed.
        index: The thing that it is said of; it counts as named.
        negated: Whether to deny something; by default now and then.
    """
    dice = mentions.dice
    if negated is None:
        negated = dice.chance(0.25)
    makers = _NEGATIVE if negated else _POSITIVE
    for _ in range(6):
        before = set(mentions.used)
        said = dice.pick(makers)(mentions, index)
        if said is not None:
            return said
        mentions.used = before
    return deny_property(mentions, index) if negated else draw_colour(mentions, index)
