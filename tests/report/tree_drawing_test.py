"""Drawn trees show every label and word, and mark what the other tree has not."""

import re

from t2t_mm.data.trees.linearization import delinearize
from t2t_mm.report.tree_drawing import count_brackets, draw_tree

WORDS = ["the", "dog", "sleeps"]
TRUE = delinearize("S NP DT NN /NP VP VBZ /VP /S", WORDS)
FLAT = delinearize("S DT NN VP VBZ /VP /S", WORDS)


def texts(svg: str) -> list[tuple[float, float, str, str]]:
    """x, y, class and content of every text."""
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="([\w ]+)">([^<]*)</text>', svg)
    return [(float(x), float(y), kind, content) for x, y, kind, content in found]


def test_labels_and_words_are_all_there_and_words_stand_in_order_on_one_line() -> None:
    found = texts(draw_tree(TRUE, None, "a tree"))
    words = [entry for entry in found if entry[2] == "word"]
    assert [entry[3] for entry in words] == WORDS
    assert len({y for _, y, _, _ in words}) == 1
    assert sorted(x for x, _, _, _ in words) == [x for x, _, _, _ in words]
    labels = sorted(entry[3] for entry in found if entry[2] != "word")
    assert labels == ["DT", "NN", "NP", "S", "VBZ", "VP"]


def test_a_constituent_stands_in_the_middle_above_its_parts() -> None:
    places = {content: (x, y) for x, y, _, content in texts(draw_tree(TRUE, None, "a tree"))}
    assert abs(places["NP"][0] - (places["DT"][0] + places["NN"][0]) / 2) < 0.02
    assert places["S"][1] < places["NP"][1] < places["DT"][1] < places["the"][1]


def test_what_the_other_tree_has_not_is_marked_and_nothing_else() -> None:
    marked = [
        content for _, _, kind, content in texts(draw_tree(TRUE, FLAT, "")) if "wrong" in kind
    ]
    assert marked == ["NP"]
    assert draw_tree(TRUE, FLAT, "").count("<rect") == 1
    assert "wrong" not in draw_tree(FLAT, TRUE, "") and "wrong" not in draw_tree(TRUE, TRUE, "")


def test_the_same_bracket_twice_is_wrong_once() -> None:
    twice = delinearize("NP NP NN /NP /NP", ["dog"])
    once = delinearize("NP NN /NP", ["dog"])
    assert count_brackets(twice)["NP", 0, 1] == 2
    assert draw_tree(twice, once, "").count("label wrong") == 1


def test_several_roots_hang_on_a_dot() -> None:
    forest = delinearize("NP NN /NP VP VB /VP", ["dogs", "bark"])
    assert "\N{BULLET}" in draw_tree(forest, None, "")
