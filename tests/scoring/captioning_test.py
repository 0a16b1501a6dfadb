"""Caption scores: by hand, and beside the figures of the COCO caption evaluation."""

import math

import pytest

from t2t_mm.scoring.captioning import (
    compute_cider_d,
    list_reference_columns,
    score_captions,
    split_caption,
)
from t2t_mm.scoring.decoded import Decoded

CAPTIONS = [
    "A red boat lies in front of a house.",
    "The dog isn't running, it sleeps.",
    "two women's umbrellas",
    "a big green tree a big green tree",
    "a man",
    "A small T-shirt on a chair",
]
REFERENCES = [
    [
        "A red boat is in front of a house.",
        "A boat in front of the old house",
        "There's a red boat.",
    ],
    ["The dog sleeps.", "A dog isn't running."],
    ["Two umbrellas of two women", "Two women hold umbrellas in the rain."],
    ["A big green tree stands on a hill.", "a green tree, alone"],
    ["A man rides a small horse.", "The man on a horse", "Somebody on a horse"],
    ["A small t-shirt lies on a chair.", "a shirt on a chair"],
]


def test_the_figures_of_the_coco_evaluation() -> None:
    """What pycocoevalcap 1.2 with its PTBTokenizer gave for these captions, to six digits."""
    scores = score_captions(Decoded(CAPTIONS, REFERENCES))
    assert scores["bleu_4"] == pytest.approx(46.3860, abs=1e-3)
    assert scores["cider"] == pytest.approx(274.7549, abs=1e-3)
    assert "nrefs:var|" in scores["bleu_4_signature"]
    assert scores["bleu_4_signature"].endswith("|words:coco")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The dog isn't running, it sleeps.", "the dog is n't running it sleeps"),
        ("He can't; she cannot.", "he ca n't she can not"),
        ("Two women's o'clock -- T-shirts", "two women 's o'clock t-shirts"),
        ("1,000 people at 3:30 p.m. & more!", "1,000 people at 3:30 p.m. & more"),
        ("...", ""),
    ],
)
def test_words_are_those_of_the_treebank_without_punctuation(text: str, words: str) -> None:
    assert " ".join(split_caption(text)) == words


def test_bleu_4_by_hand() -> None:
    scores = score_captions(Decoded(["A b c d e f."], [["x y", "a b c d e g"]]))
    precisions = (5 / 6) * (4 / 5) * (3 / 4) * (2 / 3)
    assert scores["bleu_4"] == pytest.approx(100 * precisions**0.25, abs=1e-3)


def test_bleu_4_takes_the_length_of_the_closest_reference() -> None:
    # All n-grams are right. Closest in length to 5 words are 6, not 9: penalty e^(1 - 6/5).
    long, close = "a b c d e f g h i", "a b c d e z"
    scores = score_captions(Decoded(["a b c d e"], [[long, close]]))
    assert scores["bleu_4"] == pytest.approx(100 * math.exp(1 - 6 / 5), abs=1e-3)


def test_bleu_4_is_0_where_no_four_words_in_a_row_are_right() -> None:
    assert score_captions(Decoded(["a b c x d e f"], [["a b c d e f"]]))["bleu_4"] == 0.0


def test_cider_d_by_hand() -> None:
    """Two pictures: `a b` and `c`, one reference each, hypotheses `a b b` and `c`.

    Each n-gram of a reference is in one of two pictures, so its weight is log 2 per occurrence, and
    that of `b b`, `a b b`, which no reference has, too. With L = log 2, for the first picture:
    words:    h = (a: L, b: 2L), r = (a: L, b: L); clipped sum = 2 L^2; norms sqrt(5) L, sqrt(2) L.
    pairs:    h = (ab: L, bb: L), r = (ab: L); sum = L^2; norms sqrt(2) L, L.
    3, 4:     the reference has none: 0.
    The lengths differ by one word: exp(-1 / 72). The second picture has the word pair only for n=1,
    where the cosine is 1, so its mean over four orders is 1/4.
    """
    first = math.exp(-1 / 72) * (2 / math.sqrt(10) + 1 / math.sqrt(2)) / 4
    expected = 10 * (first + 1 / 4) / 2
    hypotheses, references = [["a", "b", "b"], ["c"]], [[["a", "b"]], [["c"]]]
    assert compute_cider_d(hypotheses, references) == pytest.approx(expected)


def test_cider_d_of_perfect_captions_is_10_where_no_two_pictures_share_a_word() -> None:
    captions = [list("abcde"), list("vwxyz")]
    assert compute_cider_d(captions, [[captions[0]], [captions[1]]]) == pytest.approx(10.0)


def test_a_word_that_all_pictures_share_does_not_count() -> None:
    references = [[["the", "boat"]], [["the", "tree"]]]
    assert compute_cider_d([["the"], ["the"]], references) == 0.0


def test_empty_captions_score_0() -> None:
    scores = score_captions(Decoded(["", ""], [["a b c d"], ["e f g h"]]))
    assert (scores["bleu_4"], scores["cider"]) == (0.0, 0.0)


def test_columns_have_holes_where_an_example_has_fewer_references() -> None:
    assert list_reference_columns([["a"], ["b", "c"]]) == [["a", "b"], [None, "c"]]
