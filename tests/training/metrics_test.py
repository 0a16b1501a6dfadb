"""Teacher-forced sums and BLEU by hand."""

import math

import numpy as np
import pytest

from t2t_mm.training.metrics import TeacherForcedSums, corpus_bleu


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


def test_sums_do_not_depend_on_how_examples_fall_into_batches() -> None:
    targets = np.array([[5, 1], [7, 1], [4, 1]], np.int32)
    predicted = np.array([[5, 1], [2, 1], [4, 3]], np.int32)
    whole, parts = TeacherForcedSums(), TeacherForcedSums()
    whole.add(6.0, predicted, targets)
    for row in range(3):
        parts.add(2.0, predicted[row : row + 1], targets[row : row + 1])
    assert whole.scores() == parts.scores()


def test_bleu_by_hand() -> None:
    bleu = corpus_bleu(["a b c d e f"], ["a b c d e g"])
    precisions = (5 / 6) * (4 / 5) * (3 / 4) * (2 / 3)  # of 1- to 4-grams; no brevity penalty
    assert bleu["bleu"] == pytest.approx(100 * precisions**0.25, abs=1e-3)
    assert "tok:13a" in bleu["bleu_signature"]


def test_bleu_of_other_sentences_is_low() -> None:
    assert corpus_bleu(["a b c d e"], ["v w x y z"])["bleu"] < 5
