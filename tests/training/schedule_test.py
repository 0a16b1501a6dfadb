"""Learning rates: each factor by hand, the product, and refusals."""

import dataclasses
import math

import pytest

from t2t_mm.errors import UserError
from t2t_mm.settings import OptimizerHParams
from t2t_mm.settings.sections import SCHEDULE_FACTORS
from t2t_mm.training.schedule import FACTORS, compute_learning_rate, describe_schedule

HPARAMS = OptimizerHParams(learning_rate=0.5, warmup_steps=4)


def rates(schedule: str, steps: list[int], total_steps: int = 10) -> list[float]:
    hparams = dataclasses.replace(HPARAMS, schedule=schedule)
    return [compute_learning_rate(step, hparams, total_steps) for step in steps]


def test_the_rate_that_is_set_is_the_rate_that_is_used() -> None:
    assert rates("constant", [0, 5, 500]) == [0.5, 0.5, 0.5]


def test_warm_up_rises_in_equal_parts_and_then_stays() -> None:
    assert rates("constant*linear_warmup", [0, 1, 3, 9]) == [0.125, 0.25, 0.5, 0.5]


def test_rsqrt_decay_is_one_until_the_warm_up_ends() -> None:
    assert rates("rsqrt_decay", [0, 3, 15]) == pytest.approx([1.0, 1.0, math.sqrt(4 / 16)])


def test_linear_and_cosine_decay_end_at_zero() -> None:
    assert rates("linear_decay", [4, 9]) == pytest.approx([0.5, 0.0])
    assert rates("cosine_decay", [4, 9]) == pytest.approx([0.5, 0.0])


def test_a_single_cycle_begins_behind_the_warm_up_and_ends_at_zero() -> None:
    halfway = 0.5 * (1.0 + math.cos(math.pi * 0.5))
    found = rates("single_cycle_cos_decay", [0, 3, 6, 9, 20])
    assert found == pytest.approx([1.0, 1.0, halfway, 0.0, 0.0])
    assert rates("single_cycle_cos_decay", [0, 3, 9], total_steps=4) == [1.0, 1.0, 0.0]


def test_decay_steps_take_the_place_of_the_total() -> None:
    hparams = dataclasses.replace(HPARAMS, schedule="linear_decay", decay_steps=20)
    assert compute_learning_rate(9, hparams, total_steps=10) == pytest.approx(0.5)


def test_every_factor_that_settings_accept_is_computed() -> None:
    assert FACTORS.keys() == SCHEDULE_FACTORS.keys()


@pytest.mark.parametrize("name", FACTORS)
def test_a_factor_depends_on_the_total_exactly_where_settings_say_so(name: str) -> None:
    hparams = dataclasses.replace(HPARAMS, schedule=name)
    differs = compute_learning_rate(7, hparams, 10) != compute_learning_rate(7, hparams, 1000)
    assert differs == hparams.depends_on_total_steps


def test_an_unknown_factor_names_the_closest() -> None:
    with pytest.raises(UserError, match=r"'linear_warmpu'.*'linear_warmup'"):
        dataclasses.replace(HPARAMS, schedule="constant*linear_warmpu")


def test_a_warm_up_longer_than_the_training_is_told_with_both_numbers() -> None:
    hparams = OptimizerHParams(learning_rate=1e-3, warmup_steps=500)
    said = describe_schedule(hparams, 100)
    for part in ("warmup_steps=500", "train.steps=100", "2.00e-04", "optimizer.warmup_steps=20"):
        assert part in said
    assert "WARNING" not in describe_schedule(hparams, 500)
    no_warm_up = dataclasses.replace(hparams, schedule="constant*rsqrt_decay")
    assert "WARNING" not in describe_schedule(no_warm_up, 100)


def test_a_schedule_is_described_by_its_highest_and_its_last_rate() -> None:
    hparams = dataclasses.replace(HPARAMS, schedule="constant*linear_warmup*linear_decay")
    said = "learning rate: up to 3.00e-01 at step 4 of 10, 0.00e+00 at the last"
    assert describe_schedule(hparams, 10) == said
