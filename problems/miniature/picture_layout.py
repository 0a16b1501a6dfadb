"""Where the things of a scene go in a picture, so that all that is said of the scene can be seen.

A scene knows nine cells. In the picture these are bands that things may move about in, as far as
left stays left of right, things of one row stay at one height, and nothing hides another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.picture_light import SIDE
from t2t_mm.problems.miniature.picture_raster import DRAWINGS
from t2t_mm.problems.miniature.scene import Scene, Thing

DIAMETERS: Final = {"small": 13.0, "big": 20.0, "huge": 29.0}  # pixels
_TRIES: Final = 4
_EDGE: Final = 1.0  # pixels between a thing and the edge of the picture
_GAP: Final = 1.5  # pixels between things
_BANDS: Final = ((0.0, 23.0), (26.5, 37.5), (41.0, float(SIDE)))  # where a middle may lie
_MIDDLE: Final = SIDE / 2
_SLOPE: Final = 5.0  # pixels by which the heights of a row may differ

# Where equal things stand, in steps from the middle of their group.
_GROUPS: Final[dict[int, tuple[tuple[tuple[float, float], ...], ...]]] = {
    1: (((0.0, 0.0),),),
    2: (((-0.5, 0.0), (0.5, 0.0)), ((0.0, -0.5), (0.0, 0.5))),
    3: (
        ((0.0, -0.5), (-0.5, 0.5), (0.5, 0.5)),
        ((-0.5, -0.5), (0.5, -0.5), (0.0, 0.5)),
    ),
    4: (((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)),),
    5: (((-0.75, -0.75), (0.75, -0.75), (0.0, 0.0), (-0.75, 0.75), (0.75, 0.75)),),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """Equal things in a picture.

    Args:
        kind: One of `scene.KINDS`.
        colour: One of `scene.COLOURS`.
        diameter: The longer side of each, in pixels.
        degrees: Turned clockwise by so much.
        mirrored: Left and right exchanged, before they are turned.
        centres: (x, y) of each, in pixels from the upper left corner.
    """

    kind: str
    colour: str
    diameter: float
    degrees: float
    mirrored: bool
    centres: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """A thing of the scene with its size in pixels, and what it takes up.

    Args:
        thing: The thing.
        diameter: Of each of the equal things, in pixels.
        steps: Where each stands.
        half: Half the width and half the height of them all, in pixels.
        bands: Column and row of the cell.
        room: Between which pixels their middle may lie, across and down.
    """

    thing: Thing
    diameter: float
    steps: tuple[tuple[float, float], ...]
    half: tuple[float, float]
    bands: tuple[int, int]
    room: tuple[tuple[float, float], tuple[float, float]]

    def place(self, x: float, y: float, share: float, dice: Dice) -> Placed:
        """Put the group's middle at a place; `share` of its kind's freedom to turn is used."""
        step = _measure_step(self.diameter)
        turn = DRAWINGS[self.thing.kind].turn
        degrees = turn * share * (2 * dice.roll() - 1)
        centres = tuple((x + step * across, y + step * down) for across, down in self.steps)
        return Placed(
            self.thing.kind, self.thing.colour, self.diameter, degrees, dice.chance(0.5), centres
        )


def _measure_step(diameter: float) -> int:
    """Measure the whole pixels from one of several equal things to the next."""
    return math.ceil(1.06 * diameter) + 1


def _make_group(thing: Thing, diameter: float, steps: tuple[tuple[float, float], ...]) -> _Group:
    step = _measure_step(diameter)
    right, low = (max(place[axis] for place in steps) for axis in (0, 1))
    half = right * step + diameter / 2, low * step + diameter / 2
    row, column = divmod(thing.cell, 3)
    across, down = (
        (max(_BANDS[band][0], need + _EDGE), min(_BANDS[band][1], SIDE - need - _EDGE))
        for band, need in zip((column, row), half, strict=True)
    )
    return _Group(thing, diameter, steps, half, (column, row), (across, down))


def _draw_group(thing: Thing, dice: Dice) -> _Group:
    diameter = DIAMETERS[thing.size] * (0.95 + 0.1 * dice.roll())
    return _make_group(thing, diameter, dice.pick(_GROUPS[thing.count]))


def lay_out(scene: Scene, dice: Dice) -> tuple[Placed, ...] | None:
    """Find places for all things of a scene; None where they hardly fit.

    A single thing inside another lies in the free room of that one; no other bonds are drawn.

    Args:
        scene: Things in cells; of the bonds only "inside" is looked at.
        dice: Decides.

    Returns:
        For each thing of the scene its place, in the scene's order.
    """
    outer = {bond.subject: bond.object for bond in scene.bonds if bond.verb == "inside"}
    for _ in range(_TRIES):
        groups = [
            _draw_group(thing, dice)
            for index, thing in enumerate(scene.things)
            if index not in outer
        ]
        places = _draw_places(groups, dice)
        if places is None or not _are_all_apart(groups, places):
            continue
        pairs = zip(groups, places, strict=True)
        free = iter([group.place(x, y, share=0.6, dice=dice) for group, (x, y) in pairs])
        placed = {i: next(free) for i in range(len(scene.things)) if i not in outer}
        for index, container in outer.items():
            placed[index] = _put_within(scene.things[index], placed[container], dice)
        return tuple(placed[index] for index in range(len(scene.things)))
    return None


def _draw_places(groups: list[_Group], dice: Dice) -> list[list[float]] | None:
    """Draw the middle (x, y) of each group within the bands of its cell; None if one is wider."""
    axes = []
    for axis in (0, 1):
        middles = [dice.roll() for _ in range(3)]
        places = []
        for group in groups:
            # Things of one row share their height, and of one column their place across it.
            rooms = [other.room[axis] for other in groups if other.bands[axis] == group.bands[axis]]
            low, high = max(room[0] for room in rooms), min(room[1] for room in rooms)
            if low > high:
                return None
            place = low + (high - low) * middles[group.bands[axis]] + 3 * dice.roll() - 1.5
            places.append(min(max(place, group.room[axis][0]), group.room[axis][1]))
        axes.append(places)
    for axis in (0, 1):
        _push_apart(groups, axes[axis], axis)
    return [list(place) for place in zip(*axes, strict=True)]


def _push_apart(groups: list[_Group], places: list[float], axis: int) -> None:
    """Move neighbours in one line from each other, in place, as far as their bands allow."""
    order = sorted(range(len(groups)), key=lambda index: groups[index].bands[axis])
    pairs = [
        (one, other)
        for number, one in enumerate(order)
        for other in order[number + 1 :]
        if groups[one].bands[1 - axis] == groups[other].bands[1 - axis]
    ]
    for one, other in pairs:
        a, b = groups[one], groups[other]
        lacking = a.half[axis] + b.half[axis] + _GAP - (places[other] - places[one])
        if lacking > 0:
            back = min(places[one] - a.room[axis][0], lacking / 2)
            ahead = min(b.room[axis][1] - places[other], lacking - back)
            back = min(places[one] - a.room[axis][0], lacking - ahead)
            places[one] -= back
            places[other] += ahead


def _are_all_apart(groups: list[_Group], places: list[list[float]]) -> bool:
    """Return whether nothing overlaps, and rows and columns are straight enough to be seen."""
    for number, (a, place) in enumerate(zip(groups, places, strict=True)):
        for b, other in zip(groups[:number], places[:number], strict=True):
            apart = [abs(place[axis] - other[axis]) for axis in (0, 1)]
            clear = [apart[axis] >= a.half[axis] + b.half[axis] + _GAP - 1e-6 for axis in (0, 1)]
            if not any(clear):
                return False
            for axis in (0, 1):
                in_line = a.bands[axis] == b.bands[axis]
                if in_line and not (apart[axis] <= _SLOPE and clear[1 - axis]):
                    return False
    return True


def _put_within(thing: Thing, container: Placed, dice: Dice) -> Placed:
    """Put a thing into the free room of another."""
    well = DRAWINGS[container.kind].well
    assert well is not None, f"a {container.kind} holds nothing"
    angle = math.radians(container.degrees)
    cosine, sine = round(math.cos(angle), 6), round(math.sin(angle), 6)
    radius = container.diameter / 2
    x, y = (-well[0] if container.mirrored else well[0]) * radius, well[1] * radius
    centre_x, centre_y = container.centres[0]
    room = 2 * well[2] * radius
    diameter = min(DIAMETERS[thing.size], 0.92 * room)
    group = _make_group(thing, diameter, _GROUPS[1][0])
    return group.place(
        centre_x + x * cosine - y * sine, centre_y + x * sine + y * cosine, share=0.6, dice=dice
    )


def lay_out_around(scene: Scene, dice: Dice) -> tuple[Placed, ...]:
    """Put the first thing large into the middle and the others small around it.

    Args:
        scene: Single things; the first in the middle cell, the others in other cells.
        dice: Decides.

    Returns:
        The things from back to front: the main thing comes last.
    """
    main, *others = scene.things
    placed = []
    for thing in others:
        row, column = divmod(thing.cell, 3)
        diameter = 10 + 5 * dice.roll()
        x, y = (
            min(
                max(_MIDDLE + 24 * (band - 1) + 6 * dice.roll() - 3, diameter / 2),
                SIDE - diameter / 2,
            )
            for band in (column, row)
        )
        group = _make_group(thing, diameter, _GROUPS[1][0])
        placed.append(group.place(x, y, share=1.0, dice=dice))
    diameter = 29 + 12 * dice.roll()
    x, y = (_MIDDLE + 10 * dice.roll() - 5 for _ in range(2))
    group = _make_group(main, diameter, _GROUPS[1][0])
    placed.append(group.place(x, y, share=1.0, dice=dice))
    return tuple(placed)
