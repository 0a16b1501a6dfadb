"""The little world: a few coloured things on a three by three grid, and what they do.

A scene is what a picture would show and what a sentence may be true of. It knows no language.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from t2t_mm.problems.miniature.dice import Dice

SHAPES: Final = (
    *("circle", "square", "triangle", "star", "heart", "arrow"),
    *("cross", "moon", "ring", "diamond", "oval", "cloud"),
)
OBJECTS: Final = (
    *("house", "tree", "boat", "cup", "flower", "key", "bell", "ladder"),
    *("apple", "egg", "umbrella", "hat", "leaf", "anchor", "box", "flag"),
)
KINDS: Final = SHAPES + OBJECTS
COLOURS: Final = ("red", "blue", "green", "yellow", "black", "white", "brown", "purple")
SIZES: Final = ("small", "big", "huge")  # in rising order
MAX_COUNT: Final = 5
CONTAINERS: Final = frozenset(
    ("circle", "square", "triangle", "heart", "ring", "diamond", "oval", "house", "cup", "box")
)
VERBS: Final = ("touch", "cover", "link", "point")
SYMMETRIC_VERBS: Final = frozenset(("touch", "link"))
RELATIONS: Final = ("left", "right", "above", "below", "next", "inside", "between")
OPPOSITES: Final = {"left": "right", "right": "left", "above": "below", "below": "above"}
SIDES: Final = ("left", "right", "top", "bottom", "middle")

_COUNTS: Final = (1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5)
_NUM_THINGS: Final = (2, 3, 3, 3, 4, 4, 4, 4, 5, 5)
_LINES: Final = (
    *((0, 1, 2), (3, 4, 5), (6, 7, 8)),  # rows
    *((0, 3, 6), (1, 4, 7), (2, 5, 8)),  # columns
)


@dataclass(frozen=True, slots=True)
class Thing:
    """One to five equal things in one cell of the grid.

    Args:
        kind: one of `KINDS`.
        colour: one of `COLOURS`.
        size: one of `SIZES`.
        count: how many, 1 to 5.
        cell: 0 to 8, row by row from the top left.
    """

    kind: str
    colour: str
    size: str
    count: int
    cell: int


@dataclass(frozen=True, slots=True)
class Bond:
    """What one thing does to another: a verb of `VERBS`, or "inside".

    Args:
        verb: "touch", "cover", "link" (joined by a line), "point" or "inside".
        subject: index of the thing that acts.
        object: index of the thing acted on.
    """

    verb: str
    subject: int
    object: int


@dataclass(frozen=True)
class Scene:
    """A picture's content: things, what they do to each other, and what follows from the grid."""

    things: tuple[Thing, ...]
    bonds: tuple[Bond, ...]

    @cached_property
    def key(self) -> bytes:
        """The scene in canonical form: equal for scenes that differ only in order."""
        names = [_thing_key(thing) for thing in self.things]
        bonds = [
            f"{bond.verb}:{min(pair)}:{max(pair)}"
            if bond.verb in SYMMETRIC_VERBS
            else f"{bond.verb}:{pair[0]}:{pair[1]}"
            for bond in self.bonds
            for pair in [(names[bond.subject], names[bond.object])]
        ]
        return "|".join([*sorted(names), *sorted(bonds)]).encode()

    @cached_property
    def actions(self) -> tuple[tuple[tuple[str, int], ...], ...]:
        """For each thing all (verb, index of the object) that are true of it."""
        found: list[list[tuple[str, int]]] = [[] for _ in self.things]
        for bond in self.bonds:
            if bond.verb == "inside":
                continue
            found[bond.subject].append((bond.verb, bond.object))
            if bond.verb in SYMMETRIC_VERBS:
                found[bond.object].append((bond.verb, bond.subject))
        return tuple(map(tuple, found))

    @cached_property
    def relations(self) -> tuple[tuple[tuple[str, int], ...], ...]:
        """For each thing all (relation, index of the landmark) that are true of it."""
        found = []
        for index, thing in enumerate(self.things):
            found.append(
                tuple(
                    (relation, other)
                    for other, landmark in enumerate(self.things)
                    if other != index
                    for relation in _CELL_RELATIONS[thing.cell][landmark.cell]
                )
                + tuple(
                    ("inside", bond.object)
                    for bond in self.bonds
                    if bond.verb == "inside" and bond.subject == index
                )
            )
        return tuple(found)

    def are_bonded(self, one: int, other: int) -> bool:
        """Returns True if any bond joins the two things, whichever acts."""
        return any({bond.subject, bond.object} == {one, other} for bond in self.bonds)

    def between(self, index: int) -> list[tuple[int, int]]:
        """Returns the pairs of things with the thing `index` in the middle, on one line."""
        row, column = divmod(self.things[index].cell, 3)
        cells = [thing.cell for thing in self.things]
        ends = []
        if column == 1:
            ends.append((3 * row, 3 * row + 2))
        if row == 1:
            ends.append((column, column + 6))
        return [
            (one, other)
            for first, last in ends
            for one, cell_one in enumerate(cells)
            if cell_one == first
            for other, cell_other in enumerate(cells)
            if cell_other == last
        ]

    def sides(self, index: int) -> tuple[str, ...]:
        """Returns the parts of the picture in which the thing `index` lies, of `SIDES`."""
        return _CELL_SIDES[self.things[index].cell]

    def rivals(self, index: int) -> list[Thing]:
        """Returns the other things of the same kind: "the star" would not tell them apart."""
        kind = self.things[index].kind
        return [
            thing
            for other, thing in enumerate(self.things)
            if thing.kind == kind and other != index
        ]


def _thing_key(thing: Thing) -> str:
    return f"{thing.kind},{thing.colour},{thing.size},{thing.count},{thing.cell}"


def _cell_relations(cell: int, landmark: int) -> tuple[str, ...]:
    row, column = divmod(cell, 3)
    landmark_row, landmark_column = divmod(landmark, 3)
    if row == landmark_row and column != landmark_column:
        side = "left" if column < landmark_column else "right"
        return (side, "next") if abs(column - landmark_column) == 1 else (side,)
    if column == landmark_column and row != landmark_row:
        return ("above",) if row < landmark_row else ("below",)
    return ()


def _cell_sides(cell: int) -> tuple[str, ...]:
    row, column = divmod(cell, 3)
    if row == column == 1:
        return ("middle",)
    sides = ("left", "", "right")[column], ("top", "", "bottom")[row]
    return tuple(side for side in sides if side)


_CELL_RELATIONS: Final = tuple(
    tuple(_cell_relations(cell, landmark) for landmark in range(9)) for cell in range(9)
)
_CELL_SIDES: Final = tuple(_cell_sides(cell) for cell in range(9))


def draw_scene(dice: Dice) -> Scene:
    """Draws two to five things with distinct cells (save for one inside another) and their bonds.

    Two things never have the same kind *and* colour, so "the red star" always names one of them.
    """
    cells = _draw_cells(dice, dice.pick(_NUM_THINGS))
    things: list[Thing] = []
    for cell in cells:
        thing = _draw_thing(dice, things, cell)
        while not _fits(thing, things):
            thing = _draw_thing(dice, things, cell)
        things.append(thing)
    bonds: list[Bond] = []
    if dice.chance(0.3):
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
    if earlier and dice.chance(0.15):
        colour = dice.pick(earlier).colour
    return Thing(kind, colour, dice.pick(SIZES), dice.pick(_COUNTS), cell)


def _fits(thing: Thing, earlier: list[Thing]) -> bool:
    """Returns whether colours still tell things of one kind apart, and few enough are of it."""
    alike = [other for other in earlier if other.kind == thing.kind]
    if any(other.colour == thing.colour for other in alike):
        return False
    return sum(other.count for other in alike) + thing.count <= MAX_COUNT


def _put_inside(dice: Dice, things: list[Thing]) -> Iterator[Bond]:
    """Moves one thing into a larger hollow one, where there is such a pair."""
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
    """Draws at most two bonds, each between things that no other bond joins."""
    joined = {frozenset((bond.subject, bond.object)) for bond in taken}
    for _ in range(2):
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
            verb = "cover" if target.count == 1 and dice.chance(0.4) else "touch"
        joined.add(pair)
        yield Bond(verb, one, other)


def _are_neighbours(cell: int, other: int) -> bool:
    row, column = divmod(cell, 3)
    other_row, other_column = divmod(other, 3)
    return cell != other and abs(row - other_row) <= 1 and abs(column - other_column) <= 1
