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


def test_a_tree_is_drawn_over_the_words_of_its_sentence_however_they_are_written() -> None:
    section = shown({"f1": 90.0}, sample("it is.", "S PRP VBZ . /S", "S PRP VBZ . /S"))
    assert 'class="word">is</text>' in section and "malformed" not in section


def test_a_sentence_that_the_tree_splits_otherwise_is_drawn_over_numbers() -> None:
    section = shown({"f1": 90.0}, sample("it isn't", "S PRP VBZ RB /S", "S PRP VBZ RB /S"))
    assert 'class="word">3</text>' in section and "malformed" not in section


def test_a_wide_tree_has_a_wide_card_and_every_tree_an_outline_for_a_phone() -> None:
    symbols = f"S {'NN ' * 12}/S"
    wide = shown({"f1": 90.0}, sample("consequences " * 12, symbols, symbols))
    narrow = shown({"f1": 90.0}, sample(SENTENCE, TRUE_TREE, TRUE_TREE))
    assert 'class="card whole"' in wide and "whole" not in narrow
    assert wide.count('class="outline"') == narrow.count('class="outline"') == 1


def test_a_right_text_is_shown_once_and_a_wrong_one_beside_the_true() -> None:
    right = shown({"bleu": 90.0}, sample("x", "a b", "a b"))
    assert right.count("a b") == 1 and "\N{CHECK MARK}" in right and "<mark>" not in right
    wrong = shown({"bleu": 90.0}, sample("x", "a c", "a b"))
    assert "a <mark>c</mark>" in wrong and "a <mark>b</mark>" in wrong


@pytest.mark.parametrize("references", [["a b"], ["a b", "c"], ["S NN /S"]])
def test_an_empty_output_says_so(references: list[str]) -> None:
    metric = "f1" if references[0].startswith("S") else "wer"
    section = shown({metric: 90.0}, sample("x", "", *references))
    assert section.count("(nothing)") == 1 and "malformed" not in section


def test_where_nothing_is_true_nothing_is_right() -> None:
    section = shown({"wer": 0.0}, sample("", "", ""))
    assert "(nothing)" in section and "\N{CHECK MARK}" in section
    assert "(nothing)" in shown({"wer": 100.0}, sample("", "a b", ""))


def test_the_worst_and_the_best_are_linked_and_shown_once_with_their_scores() -> None:
    texts = ("ape", "bee", "cow", "dog")
    samples = [sample("x", text, text, index=i, score=10.0 * i) for i, text in enumerate(texts)]
    result = {"bleu": 90.0, "samples": samples[:2], "worst": [samples[0]], "best": [samples[3]]}
    media = Media(Path("nowhere"), [], 1000)
    section = make_sample_section("a_problem", "", result, media, "all/a%20b.jsonl")
    for title in ("first", "worst", "best"):
        assert f'href="#a_problem-{title}"' in section and f'id="a_problem-{title}"' in section
    assert 'href="all/a%20b.jsonl"' in section
    places = [section.index(word) for word in (">bee", ">Worst", ">ape", ">Best", ">dog")]
    assert places == sorted(places) and section.count(">ape") == 1
    assert 'BLEU 30.0<span class="faint">, example 3<' in section
    assert "jsonl" not in make_sample_section("a_problem", "", result, media)


def test_samples_alone_need_no_titles_and_of_a_class_it_is_said_how_sure_it_is() -> None:
    seen = sample("", "cat", "dog", ranking=["cat"], index=2, score=0.0, probability=0.876)
    section = shown({"top_1": 90.0}, seen)
    assert "<h3" not in section and "Examples:" not in section
    assert '88%<span class="faint">, example 2<' in section and "top-1 0.0" not in section


def test_without_samples_there_is_no_section() -> None:
    assert shown({"bleu": 90.0}) == ""
