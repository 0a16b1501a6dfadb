"""Sums over batches of what teacher-forced scores are made of."""

import math

import numpy as np
import pytest

from t2t_mm.scoring.teacher_forced import TeacherForcedSums


def test_padding_counts_neither_as_right_nor_as_wrong() -> None:
    sums = TeacherForcedSums()
    targets = np.array([[5, 6, 1, 0], [7, 1, 0, 0]], np.int32)
    predicted = np.array([[5, 6, 1, 9], [8, 1, 0, 0]], np.int32)
    sums.add(5 * math.log(2), predicted, targets)
    scores = sums.compute_scores()
    assert scores["log_perplexity"] == pytest.approx(math.log(2))
    assert scores["accuracy"] == pytest.approx(100 * 4 / 5)
    assert scores["sequence_accuracy"] == pytest.approx(50.0)
    assert scores["examples"] == 2


def test_class_0_is_a_class_and_no_padding() -> None:
    sums = TeacherForcedSums()
    targets, predicted = np.array([0, 0, 2, 1], np.int32), np.array([0, 1, 2, 1], np.int32)
    sums.add(4 * math.log(3), predicted, targets)
    assert sums.compute_scores() == {
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
    assert whole.compute_scores() == parts.compute_scores()


def test_nothing_scored_is_no_division_by_zero() -> None:
    assert set(TeacherForcedSums().compute_scores().values()) == {0.0}
