"""Drawn trees show every label and word, and mark what the other tree has not."""

import itertools
import re

from t2t_mm.data.trees.linearization import delinearize
from t2t_mm.report.tree_drawing import count_brackets, draw_tree, measure_tree, outline_tree

WORDS = ["the", "dog", "sleeps"]
TRUE = delinearize("S NP DT NN /NP VP VBZ /VP /S", WORDS)
FLAT = delinearize("S DT NN VP VBZ /VP /S", WORDS)


def texts(svg: str) -> list[tuple[float, float, str, str]]:
    """x, y, class and content of every text."""
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="([\w ]+)">([^<]*)</text>', svg)
    return [(float(x), float(y), kind, content) for x, y, kind, content in found]


def lines(svg: str) -> list[tuple[float, float, float, float]]:
    """Both ends of every line."""
    found = re.findall(r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)">', svg)
    return [tuple(map(float, line)) for line in found]


def test_labels_and_words_are_all_there_and_words_stand_in_order() -> None:
    found = texts(draw_tree(TRUE, None, "a tree"))
    words = sorted(entry for entry in found if entry[2] == "word")
    assert [entry[3] for entry in words] == WORDS
    labels = sorted(entry[3] for entry in found if entry[2] != "word")
    assert labels == ["DT", "NN", "NP", "S", "VBZ", "VP"]


def test_everything_stands_one_level_below_its_parent_and_a_word_below_its_tag() -> None:
    tree = delinearize("S NP DT NN /NP VP VBZ /VP . /S", [*WORDS, "!"])
    places = {content: (x, y) for x, y, _, content in texts(draw_tree(tree, None, "a tree"))}
    level = places["NP"][1] - places["S"][1]
    assert level > 0
    assert places["."][1] == places["VP"][1] == places["NP"][1]
    assert places["DT"][1] == places["VBZ"][1] == places["NP"][1] + level
    for tag, word in zip(("DT", "NN", "VBZ", "."), [*WORDS, "!"], strict=True):
        assert places[tag][0] == places[word][0]
        assert 0 < places[word][1] - places[tag][1] < level


def test_no_line_crosses_another_and_no_text_lies_on_another() -> None:
    words = ["a", "comprehensiveness", ",", "b", "c", "."]
    svg = draw_tree(
        delinearize("S S WHADJP A B /WHADJP /S , S C VP D /VP /S . /S", words), None, ""
    )
    for one in lines(svg):
        for other in lines(svg):
            if one[1] == other[1] and one != other:  # from the same level to the next
                assert (one[0] - other[0]) * (one[2] - other[2]) >= 0
    by_height: dict[float, list[tuple[float, float]]] = {}
    for x, y, _, content in texts(svg):
        by_height.setdefault(y, []).append((x, 6.5 * len(content) / 2))
    for row in by_height.values():
        row.sort()
        for (x, half), (next_x, next_half) in itertools.pairwise(row):
            assert x + half < next_x - next_half


def test_a_drawing_is_as_wide_as_it_says_and_holds_everything() -> None:
    svg = draw_tree(TRUE, None, "")
    assert f'width="{measure_tree(TRUE):.2f}'.rstrip("0").rstrip(".") in svg
    assert max(x for x, _, _, _ in texts(svg)) < measure_tree(TRUE)
    assert measure_tree(delinearize("WHADVP NN /WHADVP", ["a"])) > 60


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


def test_an_outline_has_the_same_words_and_marks() -> None:
    outline = outline_tree(TRUE, FLAT)
    assert re.findall(r"<i>(.*?)</i>", outline) == WORDS
    assert re.findall(r'wrong"><b>(.*?)</b>', outline) == ["NP"]
    assert "wrong" not in outline_tree(TRUE, None)
    comma = outline_tree(delinearize("NP , NN /NP", [",", "dogs"]), None)
    assert comma.count(",") == 1 and "NN" in comma  # it is its own part of speech


def test_the_same_bracket_twice_is_wrong_once() -> None:
    twice = delinearize("NP NP NN /NP /NP", ["dog"])
    once = delinearize("NP NN /NP", ["dog"])
    assert count_brackets(twice)["NP", 0, 1] == 2
    assert draw_tree(twice, once, "").count("label wrong") == 1


def test_several_roots_hang_on_a_dot() -> None:
    forest = delinearize("NP NN /NP VP VB /VP", ["dogs", "bark"])
    assert "\N{BULLET}" in draw_tree(forest, None, "")
