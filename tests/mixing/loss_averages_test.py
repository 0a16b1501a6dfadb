import json
import math

import pytest

from t2t_mm.mixing.loss_averages import LossAverages


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
