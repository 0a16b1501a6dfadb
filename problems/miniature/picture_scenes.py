"""Draws the scenes of pictures: things whose kinds, colours, sizes and places one can see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.scene import (
    COLOURS,
    CONTAINERS,
    KINDS,
    SIZES,
    Bond,
    Scene,
    Thing,
)

Form: TypeAlias = Literal["single", "row", "column", "inside", "between"]

_FORMS: Final[tuple[Form, ...]] = (
    *("single", "single", "row", "row", "row", "row", "row", "row"),
    *("column", "column", "column", "column", "column", "column", "inside", "inside", "between"),
    "between",
)
_NUM_THINGS: Final = {"single": 1, "row": 2, "column": 2, "inside": 2, "between": 3}
_COUNTS: Final = (1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5)
_BYSTANDER_SHARE: Final = 0.12  # of pictures of two things that have a third, which no one names
_MIDDLE_CELL: Final = 4
_LINES: Final = ((0, 1, 2), (3, 4, 5), (6, 7, 8))
_HOLLOW: Final = tuple(kind for kind in KINDS if kind in CONTAINERS)


@dataclass(frozen=True, slots=True)
class Cast:
    """The things that a picture's captions tell of, before it is known where they are.

    Args:
        form: How they will lie. Of "row" and "column" the first is left or above; of "inside" it
            is the inner one; of "between" it is the middle one.
        things: One to three, all in cell 0.
    """

    form: Form
    things: tuple[Thing, ...]

    @property
    def content(self) -> tuple[str, ...]:
        """The content words of the captions, save for one that compares sizes.

        The size of a single thing is always told.
        """
        words = [word for thing in self.things for word in (thing.kind, thing.colour)]
        words += [str(thing.count) for thing in self.things if thing.count > 1]
        if self.form == "single":
            words.append(self.things[0].size)
        return tuple(sorted(words))


def draw_cast(form: Form, dice: Dice) -> Cast:
    """Draw one to three things of different kinds and colours that fit into one picture."""
    names: list[tuple[str, str, int]] = []
    while len(names) < _NUM_THINGS[form]:
        kind, colour = dice.pick(KINDS), dice.pick(COLOURS)
        if form == "inside" and names:
            kind = dice.pick(_HOLLOW)
        if all(kind != name[0] and colour != name[1] for name in names):
            may_be_many = form in ("single", "row", "column") and all(n[2] < 3 for n in names)
            names.append((kind, colour, dice.pick(_COUNTS) if may_be_many else 1))
    sizes = _draw_sizes(form, [count for _, _, count in names], dice)
    return Cast(
        form,
        tuple(Thing(*name[:2], size, name[2], 0) for name, size in zip(names, sizes, strict=True)),
    )


def _draw_sizes(form: Form, counts: list[int], dice: Dice) -> tuple[str, ...]:
    """Draw the size of each thing of a cast: the more there are, the less is huge."""
    if form == "inside":
        return "small", "huge"
    if form == "between":
        middle = dice.pick(SIZES)
        ends = [dice.pick(SIZES[:1] if middle == "huge" else SIZES[:2]) for _ in range(2)]
        return (middle, ends[0], "small" if middle == "big" else ends[1])
    most = {1: 3, 2: 2, 3: 2, 4: 1, 5: 1} if form == "single" else {1: 3, 2: 2, 3: 1, 4: 1, 5: 1}
    room = 2 if max(counts) > 2 and form != "single" else 3
    return tuple(dice.pick(SIZES[: min(most[count], room)]) for count in counts)


def draw_form(dice: Dice) -> tuple[Form, bool]:
    """Draw how the things of a picture lie, and whether there is one more beside two."""
    form = dice.pick(_FORMS)
    return form, _NUM_THINGS[form] == 2 and dice.chance(_BYSTANDER_SHARE)


def arrange_cast(cast: Cast, has_bystander: bool, dice: Dice) -> Scene:
    """Put a cast into cells, perhaps with a small thing more beside it."""
    cells = _draw_cells(cast.form, dice)
    things = [_move_thing(thing, cell) for thing, cell in zip(cast.things, cells, strict=True)]
    bonds = (Bond("inside", 0, 1),) if cast.form == "inside" else ()
    if has_bystander:
        free = [cell for cell in range(9) if cell not in cells]
        kinds = [kind for kind in KINDS if all(kind != thing.kind for thing in things)]
        things.append(Thing(dice.pick(kinds), dice.pick(COLOURS), "small", 1, dice.pick(free)))
    return Scene(tuple(things), bonds)


def _draw_cells(form: Form, dice: Dice) -> tuple[int, ...]:
    """Draw the cell of each thing of a cast."""
    if form in ("single", "inside"):
        cell = dice.pick(range(9))
        return (cell,) if form == "single" else (cell, cell)
    line = dice.pick(_LINES)
    if form == "column" or (form == "between" and dice.chance(0.5)):
        line = (line[0] // 3, line[0] // 3 + 3, line[0] // 3 + 6)
    if form == "between":
        ends = (line[0], line[2])
        return (line[1], *(ends if dice.chance(0.5) else ends[::-1]))
    first, second = dice.pick(((0, 1), (1, 2), (0, 2), (0, 2)))
    return line[first], line[second]


def _move_thing(thing: Thing, cell: int) -> Thing:
    return Thing(thing.kind, thing.colour, thing.size, thing.count, cell)


def draw_main_thing(dice: Dice) -> Scene:
    """Draw a scene of one huge thing in the middle and one to four small ones around it."""
    main = Thing(dice.pick(KINDS), dice.pick(COLOURS), "huge", 1, _MIDDLE_CELL)
    cells = [cell for cell in range(9) if cell != _MIDDLE_CELL]
    kinds = [kind for kind in KINDS if kind != main.kind]
    dice.shuffle(cells)
    dice.shuffle(kinds)
    others = [
        Thing(kind, dice.pick(COLOURS), "small", 1, cell)
        for kind, cell in zip(kinds, cells[: dice.pick((1, 2, 2, 3, 3, 4))], strict=False)
    ]
    return Scene((main, *others), ())
