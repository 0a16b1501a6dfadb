"""Drawn scenes: what holds for all of them, so that pictures and sentences can be made."""

from collections import Counter
from functools import cache

from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.problems.miniature.scene import CONTAINERS, MAX_COUNT, SIZES, Scene
from t2t_mm.problems.miniature.scene_sampler import draw_scene


@cache
def scenes() -> list[Scene]:
    return [draw_scene(Dice(str(number))) for number in range(3_000)]


def test_two_to_five_things_and_no_two_of_one_kind_and_colour() -> None:
    for scene in scenes():
        names = [(thing.kind, thing.colour) for thing in scene.things]
        assert 2 <= len(names) <= 5 and len(set(names)) == len(names)
        for kind in {thing.kind for thing in scene.things}:
            count = sum(thing.count for thing in scene.things if thing.kind == kind)
            assert count <= MAX_COUNT


def test_things_have_cells_of_their_own_unless_one_is_inside_another() -> None:
    for scene in scenes():
        inside = {bond.subject: bond.object for bond in scene.bonds if bond.verb == "inside"}
        free = [thing.cell for i, thing in enumerate(scene.things) if i not in inside]
        assert len(set(free)) == len(free)
        for inner, outer in inside.items():
            container, thing = scene.things[outer], scene.things[inner]
            assert container.kind in CONTAINERS and container.count == 1
            assert SIZES.index(thing.size) < SIZES.index(container.size)
            assert thing.cell == container.cell


def test_a_bond_joins_two_things_that_no_other_joins() -> None:
    for scene in scenes():
        pairs = [frozenset((bond.subject, bond.object)) for bond in scene.bonds]
        assert len(set(pairs)) == len(pairs) and all(len(pair) == 2 for pair in pairs)


def test_what_touches_or_covers_is_a_neighbour_and_only_arrows_point() -> None:
    verbs: Counter[str] = Counter()
    for scene in scenes():
        for bond in scene.bonds:
            verbs[bond.verb] += 1
            one, other = scene.things[bond.subject], scene.things[bond.object]
            if bond.verb in ("touch", "cover"):
                (row, column), (other_row, other_column) = (
                    divmod(one.cell, 3),
                    divmod(other.cell, 3),
                )
                assert max(abs(row - other_row), abs(column - other_column)) == 1
            if bond.verb == "cover":
                assert other.count == 1
            if bond.verb == "point":
                assert one.kind == "arrow"
    assert set(verbs) == {"touch", "cover", "link", "point", "inside"}
    assert min(verbs.values()) > 50
