import math
from collections import Counter
from typing import Any

import pytest

from t2t_mm import UserError
from t2t_mm.data.pipeline.mixture import Mixture, compute_mixture_rates

SIZES = {"a": 100, "b": 900}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"mixing": "uniform"}, {"a": 0.5, "b": 0.5}),
        ({"mixing": "by_size"}, {"a": 0.1, "b": 0.9}),
        ({"mixing": "temperature", "temperature": 1.0}, {"a": 0.1, "b": 0.9}),
        ({"mixing": "temperature", "temperature": 2.0}, {"a": 0.25, "b": 0.75}),
        ({"mixing": "temperature", "temperature": math.inf}, {"a": 0.5, "b": 0.5}),
        ({"mixing": "given", "rates": {"b": 3, "a": 1}}, {"a": 0.25, "b": 0.75}),
    ],
)
def test_rates(settings: dict[str, Any], expected: dict[str, float]) -> None:
    rates = compute_mixture_rates(["a", "b"], sizes=SIZES, **settings)
    assert rates == pytest.approx(expected)
    assert list(rates) == ["a", "b"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mixing": "by_sise"}, "Did you mean 'by_size'"),
        ({"mixing": "by_size", "sizes": {"a": 1}}, "one for each of a, b"),
        ({"mixing": "given", "rates": {"a": 1, "b": 1, "bb": 1}}, "do not fit"),
        ({"mixing": "given", "rates": {"a": 1}}, "do not fit"),
        ({"mixing": "given", "rates": {"a": 1, "b": 0}}, "must be positive"),
        ({"mixing": "given", "rates": {"a": 1, "b": math.nan}}, "must be positive"),
        ({"mixing": "temperature", "temperature": 0.0}, "temperature of a mixture"),
    ],
)
def test_what_makes_no_mixture_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        compute_mixture_rates(["a", "b"], **{"sizes": SIZES, **settings})


@pytest.mark.parametrize("names", [[], ["a", "a"]])
def test_each_problem_must_be_there_once(names: list[str]) -> None:
    with pytest.raises(UserError, match="each once"):
        compute_mixture_rates(names)


def test_problems_are_drawn_at_their_rates() -> None:
    rates = {"a": 0.2, "b": 0.5, "c": 0.3}
    mixture = Mixture(rates, seed=3)
    counts = Counter(mixture.choose_problem(step) for step in range(10_000))
    for name, rate in rates.items():
        # Five standard deviations of the binomial distribution.
        assert abs(counts[name] - 10_000 * rate) < 5 * math.sqrt(10_000 * rate * (1 - rate))


def test_a_draw_depends_on_seed_and_step_only() -> None:
    rates = {"a": 0.5, "b": 0.5}
    forward = [Mixture(rates, seed=1).choose_problem(step) for step in range(100)]
    mixture = Mixture(rates, seed=1)
    assert [mixture.choose_problem(step) for step in reversed(range(100))] == forward[::-1]
    assert [Mixture(rates, seed=2).choose_problem(step) for step in range(100)] != forward


def test_the_draws_are_the_same_in_every_release() -> None:
    mixture = Mixture({"a": 0.5, "b": 0.5}, seed=1)
    assert "".join(mixture.choose_problem(step) for step in range(12)) == "aaabbbbbbbab"


def test_a_single_problem_is_always_drawn() -> None:
    mixture = Mixture({"a": 1.0}, seed=-1)
    assert {mixture.choose_problem(step) for step in range(50)} == {"a"}
