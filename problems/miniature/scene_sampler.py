"""Draws scenes: which things lie where, and what they do to each other."""

from collections.abc import Iterator
from typing import Final

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.scene import (
    COLOURS,
    CONTAINERS,
    KINDS,
    MAX_COUNT,
    SIZES,
    Bond,
    Scene,
    Thing,
)

_COUNTS: Final = (1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5)
_NUM_THINGS: Final = (2, 3, 3, 3, 4, 4, 4, 4, 5, 5)
_LINES: Final = (
    *((0, 1, 2), (3, 4, 5), (6, 7, 8)),  # rows
    *((0, 3, 6), (1, 4, 7), (2, 5, 8)),  # columns
)


def draw_scene(dice: Dice) -> Scene:
    """Draw two to five things with distinct cells (save for one inside another) and their bonds.

    Two things never have the same kind *and* colour, so "the red star" always names one of them.
    """
    cells = _draw_cells(dice, dice.pick(_NUM_THINGS))
    things: list[Thing] = []
    for cell in cells:
        thing = _draw_thing(dice, things, cell)
        while not _has_room(thing, things):
            thing = _draw_thing(dice, things, cell)
        things.append(thing)
    bonds: list[Bond] = []
    if dice.chance(0.6):
        bonds.extend(_put_inside(dice, things))
    bonds.extend(_draw_bonds(dice, things, bonds))
    return Scene(tuple(things), tuple(bonds))


def _draw_cells(dice: Dice, num_things: int) -> list[int]:
    cells = list(range(9))
    dice.shuffle(cells)
    if num_things >= 3 and dice.chance(0.35):
        line = list(dice.pick(_LINES))
        cells = line + [cell for cell in cells if cell not in line]
    return cells[:num_things]


def _draw_thing(dice: Dice, earlier: list[Thing], cell: int) -> Thing:
    kind, colour = dice.pick(KINDS), dice.pick(COLOURS)
    if earlier and dice.chance(0.1):
        kind = dice.pick(earlier).kind
    elif dice.chance(0.04):
        kind = "arrow"  # some more than others, as only they point
    if earlier and dice.chance(0.15):
        colour = dice.pick(earlier).colour
    return Thing(kind, colour, dice.pick(SIZES), dice.pick(_COUNTS), cell)


def _has_room(thing: Thing, earlier: list[Thing]) -> bool:
    """Return whether colours still tell things of one kind apart, and there are few enough."""
    alike = [other for other in earlier if other.kind == thing.kind]
    if any(other.colour == thing.colour for other in alike):
        return False
    return sum(other.count for other in alike) + thing.count <= MAX_COUNT


def _put_inside(dice: Dice, things: list[Thing]) -> Iterator[Bond]:
    """Move one thing into a larger hollow one, where there is such a pair."""
    pairs = [
        (inner, outer)
        for outer, container in enumerate(things)
        if container.kind in CONTAINERS and container.count == 1
        for inner, thing in enumerate(things)
        if SIZES.index(thing.size) < SIZES.index(container.size) and thing.count <= 3
    ]
    if pairs:
        inner, outer = dice.pick(pairs)
        thing = things[inner]
        things[inner] = Thing(thing.kind, thing.colour, thing.size, thing.count, things[outer].cell)
        yield Bond("inside", inner, outer)


def _draw_bonds(dice: Dice, things: list[Thing], taken: list[Bond]) -> Iterator[Bond]:
    """Draw at most three bonds, each between things that no other bond joins."""
    joined = {frozenset((bond.subject, bond.object)) for bond in taken}
    for _ in range(3):
        one, other = dice.pick(range(len(things))), dice.pick(range(len(things)))
        pair = frozenset((one, other))
        if len(pair) < 2 or pair in joined:
            continue
        subject, target = things[one], things[other]
        if subject.kind == "arrow" and dice.chance(0.7):
            verb = "point"
        elif (
            not _are_neighbours(subject.cell, target.cell)
            or dice.chance(0.3)
            or min(subject.count, target.count) > 1
            or max(subject.count, target.count) > 3
        ):
            verb = "link"
        else:
            verb = "cover" if target.count == 1 and dice.chance(0.6) else "touch"
        joined.add(pair)
        yield Bond(verb, one, other)


def _are_neighbours(cell: int, other: int) -> bool:
    row, column = divmod(cell, 3)
    other_row, other_column = divmod(other, 3)
    return cell != other and abs(row - other_row) <= 1 and abs(column - other_column) <= 1
