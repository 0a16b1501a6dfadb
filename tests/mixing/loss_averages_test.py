import json
import math
from typing import Any

import pytest

from t2t_mm.mixing.loss_averages import LossAverages
from t2t_mm.mixing.mixture import Mixture


def feed(averages: LossAverages, *updates: dict[str, float]) -> dict[str, float]:
    """Makes updates with these losses; returns the factors of the one after them."""
    for losses in updates:
        averages.begin_update()
        for name, loss in losses.items():
            averages.add(name, loss)
    return averages.begin_update()


def test_factors_by_hand() -> None:
    averages = LossAverages(temperature=2.0)
    factors = feed(averages, {"a": 3.0}, {"b": 1.0}, {"a": 1.0}, {"b": 9.0})
    # The last update's loss is still on its way: a has 0.9 * 3 + 0.1 * 1, b its first.
    assert averages.averages == pytest.approx({"a": 2.8, "b": 1.0})
    assert factors == pytest.approx({"a": 1.0, "b": math.exp((1.0 - 2.8) / 2.0)})


def test_a_problem_is_drawn_though_one_that_pauses_has_a_far_larger_loss() -> None:
    averages = LossAverages(temperature=0.005)
    factors = feed(averages, {"a": 7.0, "b": 3.0}, {})
    assert factors["b"] > 0
    schedules: Any = {"a": {"step": {0: 1.0, 10: 0.0}}}
    for problems_per_update in (0, 1):
        mixture = Mixture(
            {"a": 0.5, "b": 0.5},
            1,
            schedules=schedules,
            problems_per_update=problems_per_update,
        )
        assert mixture.choose_problems(10, factors) == ["b"]


def test_without_a_temperature_nothing_is_kept() -> None:
    averages = LossAverages()
    assert feed(averages, {"a": 3.0}, {"a": 3.0}) == {} == averages.averages


def test_a_loss_that_is_no_number_counts_for_nothing() -> None:
    averages = LossAverages(temperature=1.0)
    feed(averages, {"a": 3.0}, {"a": math.nan}, {"a": math.inf}, {"b": 1.0})
    assert averages.averages == {"a": pytest.approx(3.0)}


def test_a_state_that_was_kept_goes_on_as_if_never_stopped() -> None:
    updates = [{"a": 3.0}, {"b": 1.1, "a": 2.0}, {"a": 2.5}, {"b": 0.3}, {"a": 0.7}]
    whole = LossAverages(temperature=0.5)
    expected = feed(whole, *updates)
    for number in range(1, len(updates)):
        first = LossAverages(temperature=0.5)
        for losses in updates[:number]:
            first.begin_update()
            for name, loss in losses.items():
                first.add(name, loss)
        second = LossAverages(temperature=0.5)
        second.restore(json.loads(json.dumps(first.state())))
        assert feed(second, *updates[number:]) == expected
