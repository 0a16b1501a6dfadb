"""Teacher-forced sums, BLEU by hand, and what the scores of decoded outputs have in common."""

import math

import numpy as np
import pytest
from sacrebleu import corpus_bleu

from t2t_mm.errors import UserError
from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.metrics import HEADLINES, METRICS, bleu, main_score, other_scores
from t2t_mm.scoring.teacher_forced import TeacherForcedSums

# One decoded output, right and wrong, for each metric that works on any text.
RIGHT = Decoded(["a b c d e"], [["a b c d e"]], rankings=[["a b c d e", "x"]])
WRONG = Decoded(["v w x y z"], [["a b c d e"]], rankings=[["v w x y z", "x"]])


def test_padding_counts_neither_as_right_nor_as_wrong() -> None:
    sums = TeacherForcedSums()
    targets = np.array([[5, 6, 1, 0], [7, 1, 0, 0]], np.int32)
    predicted = np.array([[5, 6, 1, 9], [8, 1, 0, 0]], np.int32)
    sums.add(5 * math.log(2), predicted, targets)
    scores = sums.scores()
    assert scores["log_perplexity"] == pytest.approx(math.log(2))
    assert scores["accuracy"] == pytest.approx(100 * 4 / 5)
    assert scores["sequence_accuracy"] == pytest.approx(50.0)
    assert scores["examples"] == 2


def test_class_0_is_a_class_and_no_padding() -> None:
    sums = TeacherForcedSums()
    targets, predicted = np.array([0, 0, 2, 1], np.int32), np.array([0, 1, 2, 1], np.int32)
    sums.add(4 * math.log(3), predicted, targets)
    assert sums.scores() == {
        "log_perplexity": pytest.approx(math.log(3)),
        "accuracy": 75.0,
        "sequence_accuracy": 75.0,
        "examples": 4.0,
    }


def test_sums_do_not_depend_on_how_examples_fall_into_batches() -> None:
    targets = np.array([[5, 1], [7, 1], [4, 1]], np.int32)
    predicted = np.array([[5, 1], [2, 1], [4, 3]], np.int32)
    whole, parts = TeacherForcedSums(), TeacherForcedSums()
    whole.add(6.0, predicted, targets)
    for row in range(3):
        parts.add(2.0, predicted[row : row + 1], targets[row : row + 1])
    assert whole.scores() == parts.scores()


def test_bleu_by_hand() -> None:
    scores = bleu(Decoded(["a b c d e f"], [["a b c d e g"]]))
    precisions = (5 / 6) * (4 / 5) * (3 / 4) * (2 / 3)  # of 1- to 4-grams; no brevity penalty
    assert scores["bleu"] == pytest.approx(100 * precisions**0.25, abs=1e-3)
    assert "nrefs:1|" in scores["bleu_signature"] and "tok:13a" in scores["bleu_signature"]


def test_bleu_reads_all_references_however_many_an_example_has() -> None:
    hypotheses = ["the red boat is small .", "a cat sleeps here ."]
    references = [["the boat is red .", "the red boat is small ."], ["a cat sleeps here ."]]
    assert bleu(Decoded(hypotheses, references))["bleu"] == 100.0
    assert "nrefs:var|" in bleu(Decoded(hypotheses, references))["bleu_signature"]
    both = [["the boat is red .", "a red boat ."], ["a dog sleeps here .", "a cat sleeps there ."]]
    streams = [[texts[0] for texts in both], [texts[1] for texts in both]]
    expected = corpus_bleu(hypotheses, streams).score
    assert bleu(Decoded(hypotheses, both))["bleu"] == pytest.approx(expected, abs=1e-3)


def test_bleu_of_other_sentences_is_low() -> None:
    assert bleu(WRONG)["bleu"] < 5


@pytest.mark.parametrize("name", ["bleu", "top_k", "wer", "caption"])
def test_the_headline_of_every_metric_is_among_its_scores_and_ranks_right_over_wrong(
    name: str,
) -> None:
    others = Decoded(["k l m n o"], [["k l m n o"]], rankings=[["k l m n o", "x"]])
    headline = HEADLINES[name]
    good, bad = (
        METRICS[name](
            Decoded(
                [*one.hypotheses, *others.hypotheses],
                [*one.references, *others.references],
                rankings=[*one.rankings, *others.rankings],
            )
        )[headline.key]
        for one in (RIGHT, WRONG)
    )
    assert good == pytest.approx(0.0 if headline.lower_is_better else 100.0)
    assert (good < bad) is headline.lower_is_better and good != bad


def test_brackets_are_scored_by_the_same_call() -> None:
    tree, other = "S NP PRP /NP VP VBZ /VP /S", "S PRP VP VBZ /VP /S"
    assert METRICS["brackets"](Decoded([tree], [[tree]]))["f1"] == 100.0
    scores = METRICS["brackets"](Decoded([other], [[tree]]))
    assert scores["f1"] == pytest.approx(80.0)  # 2 of 2 brackets right, 2 of 3 found


def test_the_main_score_is_that_of_the_first_metric_and_the_others_follow() -> None:
    result = {"teacher_forced": {"accuracy": 1.0}, "bleu_4": 50.0, "cider": 90.0, "samples": []}
    both = {**result, "bleu_4_signature": "nrefs:5", "bleu": 40.0}
    assert main_score(result) == HEADLINES["caption"] == main_score(both)
    assert other_scores(both) == {"CIDEr": 90.0, "BLEU": 40.0}
    assert main_score({"teacher_forced": {}}) is None and other_scores({"cer": 3.0}) == {}


def test_every_metric_has_a_headline() -> None:
    assert list(HEADLINES) == list(METRICS)


def test_an_example_without_a_true_output_is_refused() -> None:
    with pytest.raises(UserError, match=r"at least one reference.*example=1"):
        Decoded(["a", "b"], [["a"], []])
