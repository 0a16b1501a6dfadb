"""Intervals beside what statistics knows of them, and beside sacreBLEU's own."""

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU

from t2t_mm.scoring import intervals
from t2t_mm.scoring.intervals import Statistics, compute_intervals, count_by_sacrebleu


def outcomes(num_right: int, num_wrong: int) -> Statistics:
    """Of examples that are right or wrong, how many percent are right."""
    rows = np.array([[1]] * num_right + [[0]] * num_wrong)
    return Statistics(rows, lambda sums: {"right": 100 * sums[0] / len(rows)})


@pytest.mark.parametrize(("num_right", "num_wrong"), [(500, 500), (900, 100), (4500, 500)])
def test_right_or_wrong_is_the_interval_of_the_binomial(num_right: int, num_wrong: int) -> None:
    total = num_right + num_wrong
    share = num_right / total
    deviation = 100 * (share * (1 - share) / total) ** 0.5
    low, high = compute_intervals(outcomes(num_right, num_wrong))["right"]
    assert low == pytest.approx(100 * share - 1.96 * deviation, abs=0.25 * deviation)
    assert high == pytest.approx(100 * share + 1.96 * deviation, abs=0.25 * deviation)


def test_the_same_examples_have_the_same_interval_in_chunks_or_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_once = compute_intervals(outcomes(30, 70))
    assert compute_intervals(outcomes(30, 70)) == at_once
    monkeypatch.setattr(intervals, "_MOST_COUNTS", 700)  # seven resamples at a time; the last: six
    assert compute_intervals(outcomes(30, 70)) == at_once
    monkeypatch.setattr(intervals, "_MOST_COUNTS", 7)
    assert compute_intervals(outcomes(30, 70)) == at_once


def test_where_all_are_alike_nothing_varies() -> None:
    assert compute_intervals(outcomes(5, 0)) == {"right": [100.0, 100.0]}


def test_one_example_or_none_has_no_interval() -> None:
    assert compute_intervals(outcomes(1, 0)) == {} == compute_intervals(outcomes(0, 0))


def test_the_order_of_scores_is_kept_and_each_has_its_own() -> None:
    rows = np.array([[1, 10], [2, 20], [3, 40]])
    found = compute_intervals(Statistics(rows, lambda sums: {"b": sums[1], "a": sums[0]}))
    assert list(found) == ["b", "a"]
    assert found["a"] == [3.0, 9.0] and found["b"] == [30.0, 120.0]  # a third of 27 is one example


def test_bleu_beside_the_interval_of_sacrebleu() -> None:
    generator = np.random.default_rng(3)
    true = [" ".join(map(str, generator.integers(30, size=12))) for _ in range(200)]
    guessed = [text.replace(" 7", " 8").replace(" 2", "") for text in true]
    score = BLEU().corpus_score(guessed, [true], n_bootstrap=1000)
    statistics = count_by_sacrebleu(BLEU(), guessed, [true], "bleu")
    assert statistics.score_all()["bleu"] == pytest.approx(score.score, abs=1e-4)
    low, high = compute_intervals(statistics)["bleu"]
    assert (high - low) / 2 == pytest.approx(score._ci, rel=0.1)
    assert (high + low) / 2 == pytest.approx(score._mean, abs=0.3)
