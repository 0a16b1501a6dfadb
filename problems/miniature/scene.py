"""The little world: a few coloured things on a three by three grid, and what they do.

A scene is what a picture would show and what a sentence may be true of. It knows no language.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Thing:
    """One to five equal things in one cell of the grid.

    Args:
        kind: One of `KINDS`.
        colour: One of `COLOURS`.
        size: One of `SIZES`.
        count: How many, 1 to 5.
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
        subject: Index of the thing that acts.
        object: Index of the thing acted on.
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
        names = [_write_key(thing) for thing in self.things]
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
        """Return True if any bond joins the two things, whichever acts."""
        return any({bond.subject, bond.object} == {one, other} for bond in self.bonds)

    def find_pairs_around(self, index: int) -> list[tuple[int, int]]:
        """Find the pairs of things with the thing `index` in the middle, on one line."""
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
        """Return the parts of the picture in which the thing `index` lies, of `SIDES`."""
        return _CELL_SIDES[self.things[index].cell]

    def find_rivals(self, index: int) -> list[Thing]:
        """Find the other things of the same kind: "the star" would not tell them apart."""
        kind = self.things[index].kind
        return [
            thing
            for other, thing in enumerate(self.things)
            if thing.kind == kind and other != index
        ]


def _write_key(thing: Thing) -> str:
    return f"{thing.kind},{thing.colour},{thing.size},{thing.count},{thing.cell}"


def _relate_cells(cell: int, landmark: int) -> tuple[str, ...]:
    row, column = divmod(cell, 3)
    landmark_row, landmark_column = divmod(landmark, 3)
    if row == landmark_row and column != landmark_column:
        side = "left" if column < landmark_column else "right"
        return (side, "next") if abs(column - landmark_column) == 1 else (side,)
    if column == landmark_column and row != landmark_row:
        return ("above",) if row < landmark_row else ("below",)
    return ()


def _find_sides(cell: int) -> tuple[str, ...]:
    row, column = divmod(cell, 3)
    if row == column == 1:
        return ("middle",)
    sides = ("left", "", "right")[column], ("top", "", "bottom")[row]
    return tuple(side for side in sides if side)


_CELL_RELATIONS: Final = tuple(
    tuple(_relate_cells(cell, landmark) for landmark in range(9)) for cell in range(9)
)
_CELL_SIDES: Final = tuple(_find_sides(cell) for cell in range(9))
