"""Accuracy among the best one and the best five."""

from t2t_mm.scoring.decoded import Decoded
from t2t_mm.scoring.ranking import compute_top_k

BEST_FIVE = [["cat", "dog", "owl", "hen", "fox"], ["owl", "hen", "fox", "dog", "ant"]]


def test_the_best_and_the_best_five() -> None:
    assert compute_top_k(Decoded(["cat", "owl"], [["cat"], ["ant"]], rankings=BEST_FIVE)) == {
        "top_1": 50.0,
        "top_5": 100.0,
    }


def test_a_sixth_guess_does_not_count() -> None:
    guesses = [[*BEST_FIVE[0], "bee"]]
    assert compute_top_k(Decoded(["cat"], [["bee"]], rankings=guesses)) == {
        "top_1": 0.0,
        "top_5": 0.0,
    }


def test_without_rankings_there_is_no_top_5() -> None:
    assert compute_top_k(Decoded(["cat", "owl"], [["cat"], ["cat"]])) == {"top_1": 50.0}


def test_an_example_can_have_several_true_classes() -> None:
    assert compute_top_k(Decoded(["dog"], [["cat", "dog"]], rankings=[["dog"]])) == {
        "top_1": 100.0,
        "top_5": 100.0,
    }
