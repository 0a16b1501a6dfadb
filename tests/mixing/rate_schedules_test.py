from typing import Any

import pytest

from t2t_mm import UserError
from t2t_mm.mixing.rate_schedules import check_schedules, compute_factor


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ({}, [1, 1, 1, 1, 1]),
        ({"step": {0: 0, 10: 2, 30: 0.5}}, [0, 2, 2, 0.5, 0.5]),
        ({"linear": {0: 0, 20: 1}}, [0, 0.5, 1, 1, 1]),
        ({"step": {0: 1, 30: 0}, "linear": {0: 0, 20: 1}}, [0, 0.5, 1, 0, 0]),
    ],
)
def test_factors(schedule: Any, factors: list[float]) -> None:
    assert [compute_factor(schedule, step) for step in (0, 10, 20, 30, 1000)] == factors


@pytest.mark.parametrize(
    ("schedules", "message"),
    [
        ({"aa": {"step": {0: 1}}}, "names 'aa', which is no problem.*Did you mean 'a'"),
        ({"a": {"step": {0: 0, 100: 1}}}, "schedule of a gives it no step of the 100"),
        ({"a": {"linear": {0: 0, 100: 0}}}, "schedule of a gives it no step of the 100"),
        ({"a": {"step": {10: 1}}}, "cannot be read.*from step 0 on"),
        ({"a": {"step": {}}}, "cannot be read"),
        ({"a": {"step": {0: 1, 9: -1}}}, "factors of 0 or more"),
        ({"a": {"cosine": {0: 1}}}, "'step' or 'linear'"),
        (
            {"a": {"step": {0: 1, 50: 0}}, "b": {"step": {0: 0, 60: 1}}},
            "no problem to draw at step 50: all rates sum to nothing",
        ),
        (
            {"a": {"linear": {0: 1, 50: 0}}, "b": {"step": {0: 1, 40: 0, 51: 1}}},
            "no problem to draw at step 50",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused_in_one_line(schedules: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as told:
        check_schedules(["a", "b"], schedules, num_steps=100)
    assert "\n" not in str(told.value)


def test_one_may_fade_while_the_other_comes() -> None:
    check_schedules(
        ["a", "b"], {"a": {"linear": {0: 1, 50: 0}}, "b": {"linear": {0: 0, 50: 1}}}, 100
    )
