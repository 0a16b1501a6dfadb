"""Intervals over seeds and over examples, against tables and cases that one can check by hand."""

import numpy as np
import pytest

from t2t_mm.scoring.intervals import Statistics, compute_intervals
from t2t_mm.study.seed_statistics import (
    bootstrap_difference,
    find_student_quantile,
    judge,
    summarize,
)

# The quantiles 97.5% of Student's t, as any table has them.
TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 9: 2.262, 29: 2.045, 120: 1.980}


@pytest.mark.parametrize(("degrees", "quantile"), TABLE.items())
def test_quantiles_are_those_of_the_tables(degrees: int, quantile: float) -> None:
    assert find_student_quantile(degrees) == pytest.approx(quantile, abs=6e-4)


def test_one_value_has_no_interval_and_no_value_nothing() -> None:
    assert summarize([]) is None
    one = summarize([3.0])
    assert one is not None and (one.mean, one.deviation, one.interval) == (3.0, None, None)
    two = summarize([1.0, 3.0])
    assert two is not None and two.interval == pytest.approx([2 - 12.706, 2 + 12.706], abs=1e-3)


def test_equal_values_are_no_gain_but_a_gain_of_each_seed_is() -> None:
    for values, verdict in (([0.0, 0.0], "open"), ([1.0, 1.0], "supported")):
        found = summarize(values)
        assert found is not None and judge(found.interval) == verdict


@pytest.mark.parametrize(
    ("interval", "margin", "verdict"),
    [
        ([0.1, 2.0], 0.0, "supported"),
        ([0.0, 2.0], 0.0, "open"),
        ([-2.0, -0.1], 0.0, "contradicted"),
        ([-0.9, 0.2], 1.0, "supported"),
        ([-2.0, -0.9], 1.0, "open"),
        ([-2.0, -1.1], 1.0, "contradicted"),
        (None, 1.0, "open"),
    ],
)
def test_a_claim_is_judged_by_where_its_interval_lies(
    interval: list[float] | None, margin: float, verdict: str
) -> None:
    assert judge(interval, margin) == verdict


def count(right: int, examples: int = 100) -> Statistics:
    rows = np.array([[1]] * right + [[0]] * (examples - right))
    return Statistics(rows, lambda sums: {"top_1": 100.0 * sums[0] / examples})


def test_a_pair_of_which_one_knows_nothing_has_the_interval_of_the_other() -> None:
    alone = compute_intervals(count(40))["top_1"]
    assert bootstrap_difference([(count(0), count(40))], "top_1") == alone
    # Two seeds with the same outputs tell no more about examples than one.
    assert bootstrap_difference([(count(0), count(40))] * 2, "top_1") == alone


def test_of_other_examples_there_is_no_interval() -> None:
    assert bootstrap_difference([], "top_1") is None
    assert bootstrap_difference([(count(3, 9), count(3, 10))], "top_1") is None
    assert bootstrap_difference([(count(0, 1), count(1, 1))], "top_1") is None
