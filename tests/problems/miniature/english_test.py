"""English: sentences by hand, articles, and the constituency tree."""

import pytest
from three_languages import ROWS, Row, a, at, says, the, there

from t2t_mm.problems.miniature.english import (
    Tree,
    build_noun_phrase,
    build_tree,
    list_leaves,
    write_sentence,
)
from t2t_mm.problems.miniature.plan import Location, Presentation, Relation, Sentence


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_sentence(row: Row) -> None:
    assert write_sentence(row.sentence) == row.english


@pytest.mark.parametrize(
    ("kind", "adjectives", "expected"),
    [
        ("egg", (), "an"),
        ("egg", ("big",), "a"),
        ("house", (), "a"),
        ("umbrella", (), "an"),
        ("umbrella", ("red",), "a"),
    ],
)
def test_an_stands_before_a_vowel(kind: str, adjectives: tuple[str, ...], expected: str) -> None:
    words = list_leaves(build_noun_phrase(a(kind, *adjectives)))
    assert words == [expected, *adjectives, kind]


def test_the_tree_of_a_statement() -> None:
    tree = build_tree(Sentence(says(the("star", "red"), at("above", the("house")))))
    assert tree == (
        "S",
        (
            ("NP", (("DT", ("the",)), ("JJ", ("red",)), ("NN", ("star",)))),
            (
                "VP",
                (
                    ("VBZ", ("is",)),
                    (
                        "PP",
                        (
                            ("IN", ("above",)),
                            ("NP", (("DT", ("the",)), ("NN", ("house",)))),
                        ),
                    ),
                ),
            ),
            (".", (".",)),
        ),
    )
    assert list_leaves(tree) == ["the", "red", "star", "is", "above", "the", "house", "."]


def labels(node: Tree) -> set[str]:
    below = [labels(child) for child in node[1] if not isinstance(child, str)]
    return {node[0]}.union(*below)


def test_a_verb_before_its_subject_has_a_label_of_its_own() -> None:
    above = Relation("above", the("key"))
    assert build_tree(Sentence(Presentation(above, a("boat"))))[0] == "SINV"
    assert build_tree(Sentence(there(a("boat"), above, first=True)))[0] == "S"


def test_places_of_different_labels_are_an_unlike_coordination() -> None:
    above, below, beside = (Relation(name, the("key")) for name in ("above", "below", "next"))
    alike, unlike = (
        labels(build_tree(Sentence(says(the("star"), Location(places)))))
        for places in ((above, below), (above, beside))
    )
    assert "UCP" in unlike and "UCP" not in alike
