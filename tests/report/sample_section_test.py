"""Cards of single samples: right, wrong, empty, malformed."""

from pathlib import Path
from typing import Any

import pytest
from fake_run import TRUE_TREE, WRONG_TREE, sample

from t2t_mm.report.media import Media
from t2t_mm.report.sample_section import make_sample_section

SENTENCE = "the dog sleeps under the tree"


def shown(scores: dict[str, Any], *samples: dict[str, Any]) -> str:
    result = {**scores, "samples": list(samples)}
    return make_sample_section("a_problem", "", result, Media(Path("nowhere"), samples, 1000))


@pytest.mark.parametrize(
    ("decoded", "signs", "trees"),
    [(TRUE_TREE, "\N{CHECK MARK}", 1), (WRONG_TREE, "\N{MULTIPLICATION X}", 2), ("S NP DT", "", 1)],
)
def test_trees_are_drawn_and_the_true_one_only_where_it_differs(
    decoded: str, signs: str, trees: int
) -> None:
    section = shown({"f1": 90.0}, sample(SENTENCE, decoded, TRUE_TREE))
    assert section.count('<svg class="tree"') == trees
    assert signs in section
    assert ("malformed" in section) is (not signs)


def test_a_sentence_that_the_tree_splits_otherwise_is_drawn_over_numbers() -> None:
    section = shown({"f1": 90.0}, sample("it is.", "S PRP VBZ . /S", "S PRP VBZ . /S"))
    assert 'class="word">3</text>' in section and "malformed" not in section


def test_a_right_text_is_shown_once_and_a_wrong_one_beside_the_true() -> None:
    right = shown({"bleu": 90.0}, sample("x", "a b", "a b"))
    assert right.count("a b") == 1 and "\N{CHECK MARK}" in right and "<mark>" not in right
    wrong = shown({"bleu": 90.0}, sample("x", "a c", "a b"))
    assert "a <mark>c</mark>" in wrong and "a <mark>b</mark>" in wrong


def test_an_empty_output_says_so() -> None:
    assert "(nothing)" in shown({"wer": 90.0}, sample("", "", "a b"))


def test_without_samples_there_is_no_section() -> None:
    assert shown({"bleu": 90.0}) == ""
