"""What is usual of a number that comes again and again."""

import json

import numpy as np
import pytest

from t2t_mm.training.batch_health import WARM_UP, BatchHealth, RunningNumber


def test_the_first_hundred_count_alike_and_then_the_old_fade() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, WARM_UP)
    number = RunningNumber()
    assert {number.add(float(value)) for value in values} == {0.0}
    assert number.mean == pytest.approx(values.mean())
    assert number.variance == pytest.approx(values.var())
    assert number.add(values.mean() + 5 * values.std()) == pytest.approx(5.0)
    for _ in range(1000):
        number.add(8.0)
    assert number.mean == pytest.approx(8.0, abs=1e-3)


def test_six_deviations_on_either_side_are_unusual_and_five_are_not() -> None:
    for deviations, is_unusual in ((5.9, False), (6.1, True), (-6.1, True), (-5.9, False)):
        health = BatchHealth()
        for index in range(WARM_UP):
            assert health.add({"loss": 2.0 + 0.1 * (-1) ** index, "gradient_norm": 1.0}) == {}
        found = health.add({"loss": 2.0 + 0.1 * deviations, "gradient_norm": 1.0})
        assert found == ({"loss": deviations} if is_unusual else {})


def test_what_hardly_changes_is_not_unusual_when_it_does() -> None:
    health = BatchHealth()
    for _ in range(WARM_UP):
        health.add({"loss": 2.0})
    assert health.add({"loss": 2.01}) == {}
    assert health.add({"loss": 2.5})["loss"] > 100


def test_a_checkpoint_keeps_it() -> None:
    health = BatchHealth(faults_in_row=2)
    health.usual["loss"] = RunningNumber(3, 0.1, 0.2)
    record = json.loads(json.dumps(health.to_json()))
    assert BatchHealth.from_json(record) == health
    health.add({"loss": 1.0})
    assert health.faults_in_row == 0
