"""Bracketing scores, against cases counted by hand and the published figures of EVALB's sample."""

import pytest

from t2t_mm.errors import UserError
from t2t_mm.scoring.bracketing import score_brackets
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.metrics import METRICS

#        "It    is    a  boat ." with the brackets S 0-5, NP 0-1, VP 1-4, NP 2-4
TRUE = "S NP PRP /NP VP VBZ NP DT NN /NP /VP . /S"


def scores(*pairs: tuple[str, str], **arguments: object) -> dict[str, float]:
    hypotheses, references = zip(*pairs, strict=True)
    decoded = Decoded(hypotheses, [[reference] for reference in references])
    return score_brackets(decoded, **arguments)  # type: ignore[arg-type]


def test_the_right_tree() -> None:
    assert scores((TRUE, TRUE)) == dict.fromkeys(
        ("f1", "precision", "recall", "well_formed", "complete", "f1_evalb"), 100.0
    )


@pytest.mark.parametrize(
    ("hypothesis", "matched", "predicted", "well_formed"),
    {
        "another label": ("S NP PRP /NP VP VBZ PP DT NN /PP /VP . /S", 3, 4, True),
        "another tag": ("S NP NN /NP VP VBZ NP DT NN /NP /VP . /S", 4, 4, True),
        "a bracket less": ("S NP PRP /NP VP VBZ DT NN /VP . /S", 3, 3, True),
        "a bracket twice": ("S NP PRP /NP VP VBZ NP NP DT NN /NP /NP /VP . /S", 4, 5, True),
        "another end": ("S NP PRP /NP VP VBZ NP DT NN . /NP /VP /S", 2, 4, True),
        "no bracket": ("PRP VBZ DT NN .", 0, 0, True),
        "TOP is no bracket": (f"TOP {TRUE} /TOP", 4, 4, True),
        "a word too few": ("S NP PRP /NP VP VBZ NP NN /NP /VP . /S", 0, 0, False),
        "a word too many": ("S NP PRP /NP VP VBZ NP DT JJ NN /NP /VP . /S", 0, 0, False),
        "not closed": ("S NP PRP /NP VP VBZ NP DT NN /VP . /S", 0, 0, False),
        "crossing": ("S NP PRP /NP VP VBZ NP DT NN /VP /NP . /S", 0, 0, False),
        "nothing": ("", 0, 0, False),
    }.values(),
)
def test_counts_by_hand(hypothesis: str, matched: int, predicted: int, well_formed: bool) -> None:
    found = scores((hypothesis, TRUE))
    assert found["precision"] == (100 * matched / predicted if predicted else 0.0)
    assert found["recall"] == 100 * matched / 4
    assert found["f1"] == pytest.approx(200 * matched / (predicted + 4), abs=1e-4)
    assert found["well_formed"] == 100.0 * well_formed
    assert found["complete"] == 0.0


def test_an_equal_bracket_counts_as_often_as_it_occurs() -> None:
    twice, once = "NP NP NN /NP /NP", "NP NN /NP"
    assert scores((twice, twice))["f1"] == 100.0
    assert scores((once, twice))["recall"] == 50.0
    assert scores((twice, once))["precision"] == 50.0


def test_brackets_of_all_sentences_are_counted_together() -> None:
    """Not the mean of sentences; and a malformed output misses all of its brackets."""
    found = scores(("NP NN /NP", "NP NN /NP"), ("S NP", TRUE), (TRUE, TRUE))
    assert (found["precision"], found["recall"]) == (100.0, round(500 / 9, 4))
    assert found["f1"] == round(200 * 5 / (5 + 9), 4)
    assert found["well_formed"] == found["complete"] == round(200 / 3, 4)
    assert found["f1_evalb"] == 100.0  # which leaves the malformed one out


def test_complete_needs_every_tag_but_not_the_same_spaces() -> None:
    assert scores((f" {TRUE.replace(' ', '  ')}", TRUE))["complete"] == 100.0
    assert scores((TRUE.replace("PRP", "NN"), TRUE))["complete"] == 0.0


def test_where_punctuation_hangs_matters_to_us_and_not_to_evalb() -> None:
    lower = "S NP PRP /NP VP VBZ NP DT NN . /NP /VP /S"
    assert scores((lower, TRUE))["f1"] == 50.0
    assert scores((lower, TRUE))["f1_evalb"] == 100.0
    assert scores((lower, TRUE), deleted_tags=(".",))["f1"] == 100.0


def test_evalb_leaves_out_a_sentence_whose_words_are_not_those_left() -> None:
    no_stop = TRUE.replace(" . ", " NN ")
    assert scores((no_stop, TRUE))["f1"] == 100.0
    assert scores((no_stop, TRUE), ("NN", "NP NN /NP"))["f1_evalb"] == 0.0


def test_evalb_takes_advp_and_prt_for_one_label_and_drops_empty_brackets() -> None:
    true, found = "VP VB PRT RP /PRT PRN , /PRN /VP", "VP VB ADVP RP /ADVP , /VP"
    assert scores((found, true))["recall"] == round(100 / 3, 4)
    assert scores((found, true))["f1_evalb"] == 100.0


GOLD = "S NP PRP /NP VP VBZ NP DT NN /NP /VP /S"
CLAUSE = "NP PRP /NP VP VBZ NP DT NN /NP /VP"
LONG = f"S {' '.join([CLAUSE] * 11)} /S"
# The kinds of mistakes in the sample of EVALB, on a sentence of the same shape: hypothesis,
# reference and the published numbers of matched, true and predicted brackets.
SAMPLE = {
    "right": (GOLD, GOLD, 4, 4, 4),
    "inner label": (GOLD.replace("NP DT NN /NP", "PP DT NN /PP"), GOLD, 3, 4, 4),
    "tag": (GOLD.replace("NN", "JJ"), GOLD, 4, 4, 4),
    "label and tag": ("S PP PRP /PP VP VBZ NP DT JJ /NP /VP /S", GOLD, 3, 4, 4),
    "span": ("S NP PRP /NP VP VBZ DT NP NN /NP /VP /S", GOLD, 3, 4, 4),
    "crossing": ("S NP PRP VBZ /NP NP DT NN /NP /S", GOLD, 2, 4, 3),
    "flat": ("S PRP VBZ DT NN /S", GOLD, 1, 4, 1),
    "no bracket": ("PRP VBZ DT NN", GOLD, 0, 4, 0),
    "unary": (GOLD.replace("NP DT NN /NP", "NP NP DT NN /NP /NP"), GOLD, 4, 4, 5),
    "unary chain": (
        GOLD.replace("NP DT NN /NP", f"{'NP ' * 5}DT NN{' /NP' * 5}"),
        GOLD,
        *(4, 4, 8),
    ),
    "TOP": (f"TOP {GOLD} /TOP", GOLD, 4, 4, 4),
    "tags that are one": (GOLD, GOLD, 4, 4, 4),
    "words that are one": (GOLD, GOLD, 4, 4, 4),
    "function tags": (GOLD, GOLD, 4, 4, 4),
    "44 words": (LONG, LONG, 34, 34, 34),
    "trace": (GOLD, GOLD, 4, 4, 4),
    "deleted word": (GOLD.replace("/S", ": /S"), GOLD.replace("/S", ": /S"), 4, 4, 4),
}


@pytest.mark.parametrize("row", SAMPLE)
def test_the_published_lines_of_evalbs_sample(row: str) -> None:
    hypothesis, reference, matched, true, predicted = SAMPLE[row]
    found = scores((hypothesis, reference))
    assert found["recall"] == round(100 * matched / true, 4)
    assert found["precision"] == (round(100 * matched / predicted, 4) if predicted else 0.0)


def test_the_published_summary_of_evalbs_sample() -> None:
    valid = [row[:2] for row in SAMPLE.values()]
    assert len(valid) == 17
    found = scores(*valid)
    assert round(found["recall"], 2) == 87.76
    assert round(found["precision"], 2) == 90.53
    left_out = [("", GOLD), (GOLD.replace("PRP", "PRP PRP"), GOLD)]
    with_failures = scores(*valid, *left_out)
    assert with_failures["f1_evalb"] == found["f1"] == round(100 * 2 * 86 / (98 + 95), 4)
    assert with_failures["f1"] == round(100 * 2 * 86 / (98 + 8 + 95), 4)


def test_the_first_reference_counts_and_the_inputs_do_not() -> None:
    decoded = Decoded([TRUE], [[TRUE, "NN"]], inputs=["another sentence"])
    assert METRICS["brackets"].score(decoded)["f1"] == 100.0


def test_nothing_decoded() -> None:
    assert set(score_brackets(Decoded([], [])).values()) == {0.0}


def test_a_reference_that_is_no_tree_is_the_users_error() -> None:
    with pytest.raises(UserError, match=r"^Example 1 has no tree .*symbols='S NP /NP /S'"):
        scores((TRUE, TRUE), (TRUE, "S NP /NP /S"))


def test_an_output_that_nests_without_end() -> None:
    deep = "NP " * 20_000 + "NN" + " /NP" * 20_000
    assert scores((deep, "NP NN /NP"))["recall"] == 100.0
