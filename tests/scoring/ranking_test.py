"""Accuracy among the best one and the best five."""

import pytest

from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.ranking import compute_top_k

BEST_FIVE = [["cat", "dog", "owl", "hen", "fox"], ["owl", "hen", "fox", "dog", "ant"]]


def test_the_best_and_the_best_five() -> None:
    decoded = Decoded(["cat", "owl"], [["cat"], ["ant"]], rankings=BEST_FIVE, num_classes=6)
    assert compute_top_k(decoded) == {"top_1": 50.0, "top_5": 100.0}


def test_a_sixth_guess_does_not_count() -> None:
    guesses = [[*BEST_FIVE[0], "bee"]]
    decoded = Decoded(["cat"], [["bee"]], rankings=guesses, num_classes=6)
    assert compute_top_k(decoded) == {"top_1": 0.0, "top_5": 0.0}


def test_without_rankings_there_is_no_top_5() -> None:
    assert compute_top_k(Decoded(["cat", "owl"], [["cat"], ["cat"]])) == {"top_1": 50.0}


def test_an_example_can_have_several_true_classes() -> None:
    decoded = Decoded(["dog"], [["cat", "dog"]], rankings=[["dog"]], num_classes=9)
    assert compute_top_k(decoded) == {"top_1": 100.0, "top_5": 100.0}


@pytest.mark.parametrize(("num_classes", "has_top_5"), [(2, False), (5, False), (6, True)])
def test_of_five_classes_or_fewer_all_are_among_the_best_five(
    num_classes: int, has_top_5: bool
) -> None:
    rankings = [BEST_FIVE[0][:num_classes]]
    scores = compute_top_k(Decoded(["cat"], [["dog"]], (), rankings, num_classes))
    assert ("top_5" in scores) is has_top_5
