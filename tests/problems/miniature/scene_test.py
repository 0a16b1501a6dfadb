"""The grid: what follows from a scene made by hand."""

from t2t_mm.problems.miniature.scene import Bond, Scene, Thing

# . . .
# star house moon
# . tree .
STAR = Thing("star", "red", "big", 1, 3)
HOUSE = Thing("house", "blue", "huge", 1, 4)
MOON = Thing("moon", "white", "small", 2, 5)
TREE = Thing("tree", "green", "big", 1, 7)
SCENE = Scene((STAR, HOUSE, MOON, TREE), (Bond("touch", 0, 1), Bond("cover", 3, 1)))


def test_relations_follow_from_the_grid() -> None:
    assert set(SCENE.relations[0]) == {("left", 1), ("next", 1), ("left", 2)}
    assert set(SCENE.relations[1]) == {("right", 0), ("next", 0), ("left", 2), ("next", 2)} | {
        ("above", 3)
    }
    assert SCENE.relations[3] == (("below", 1),)


def test_between_and_sides() -> None:
    assert SCENE.find_pairs_around(1) == [(0, 2)]
    assert SCENE.find_pairs_around(0) == []
    assert [SCENE.sides(index) for index in range(4)] == [
        ("left",),
        ("middle",),
        ("right",),
        ("bottom",),
    ]


def test_rivals_are_the_others_of_one_kind() -> None:
    star = Thing("star", "blue", "small", 1, 0)
    scene = Scene((*SCENE.things, star), ())
    assert scene.find_rivals(0) == [star]
    assert scene.find_rivals(4) == [STAR]
    assert scene.find_rivals(1) == []


def test_touching_goes_both_ways_and_covering_one() -> None:
    assert SCENE.actions == ((("touch", 1),), (("touch", 0),), (), (("cover", 1),))
    assert SCENE.are_bonded(1, 3) and not SCENE.are_bonded(0, 3)


def test_the_key_ignores_order_and_nothing_else() -> None:
    same = Scene((HOUSE, TREE, STAR, MOON), (Bond("cover", 1, 0), Bond("touch", 0, 2)))
    assert same.key == SCENE.key
    assert Scene(SCENE.things, SCENE.bonds[:1]).key != SCENE.key
    turned = Scene(SCENE.things, (SCENE.bonds[0], Bond("cover", 1, 3)))
    assert turned.key != SCENE.key
    bigger = Scene((Thing("star", "red", "huge", 1, 3), *SCENE.things[1:]), SCENE.bonds)
    assert bigger.key != SCENE.key
