import math
from typing import Any

import pytest

from t2t_mm import UserError
from t2t_mm.mixing.rates import (
    compute_mixture_rates,
    flatten_rates,
    keep_rates,
    list_rated,
)

SIZES = {"a": 100, "b": 900}
GROUPS = {"translation": {"ende": 1, "enfr": 1}, "speech": 2}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"mixing": "uniform"}, {"a": 0.5, "b": 0.5}),
        ({"mixing": "by_size"}, {"a": 0.1, "b": 0.9}),
        ({"mixing": "temperature", "temperature": 1.0}, {"a": 0.1, "b": 0.9}),
        ({"mixing": "temperature", "temperature": 2.0}, {"a": 0.25, "b": 0.75}),
        ({"mixing": "temperature", "temperature": math.inf}, {"a": 0.5, "b": 0.5}),
        ({"mixing": "temperature", "temperature": 1e-3}, {"a": 0.0, "b": 1.0}),
        ({"mixing": "given", "rates": {"b": 3, "a": 1}}, {"a": 0.25, "b": 0.75}),
        ({"mixing": "given", "rates": {"g": {"b": 3}, "a": 1}}, {"a": 0.5, "b": 0.5}),
        ({"mixing": "function", "function": {"a": 1, "b": 4}.get}, {"a": 0.2, "b": 0.8}),
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
        ({"mixing": "given", "rates": {"a": 0, "b": 0}}, "sum to nothing"),
        ({"mixing": "given", "rates": {"a": 1, "g": {"b": 0}}}, "group 'g' sum to nothing"),
        ({"mixing": "given", "rates": {"a": 1, "g": {"a": 1, "b": 1}}}, "name 'a' twice"),
        ({"mixing": "given", "rates": {"a": 1, "b": math.nan}}, "must be positive"),
        ({"mixing": "function", "function": lambda name: 0.0}, "sum to nothing"),
        ({"mixing": "temperature", "temperature": 0.0}, "temperature of a mixture"),
    ],
)
def test_what_makes_no_mixture_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message) as told:
        compute_mixture_rates(["a", "b"], **{"sizes": SIZES, **settings})
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("names", [[], ["a", "a"]])
def test_each_problem_must_be_there_once(names: list[str]) -> None:
    with pytest.raises(UserError, match="each once"):
        compute_mixture_rates(names)


@pytest.mark.parametrize(
    ("tree", "shares"),
    [
        # One of three parts is the group's, whatever is in it.
        (GROUPS, {"ende": 1 / 6, "enfr": 1 / 6, "speech": 2 / 3}),
        ({"translation": {"rate": 2, "ende": 9, "enfr": 1}, "speech": 2}, [0.45, 0.05, 0.5]),
        ({"x": {"y": {"a": 1, "b": 3}, "c": 1}, "d": 1}, [1 / 16, 3 / 16, 1 / 4, 1 / 2]),
        ({"only": {"a": 1, "b": 3}}, [0.25, 0.75]),
    ],
)
def test_groups_divide_their_share(tree: Any, shares: Any) -> None:
    names = list(list_rated(tree))
    expected = shares if isinstance(shares, dict) else dict(zip(names, shares, strict=True))
    found = compute_mixture_rates(names, mixing="given", rates=tree)
    assert found == pytest.approx(expected)


def test_rates_without_groups_are_themselves() -> None:
    assert flatten_rates({"a": 3, "b": 4}) == {"a": 3.0, "b": 4.0}


def test_a_mixture_may_stand_for_a_group() -> None:
    inner = compute_mixture_rates(["a", "b"], mixing="by_size", sizes=SIZES)
    rates = compute_mixture_rates(["a", "b", "c"], mixing="given", rates={"g": inner, "c": 1})
    assert rates == pytest.approx({"a": 0.05, "b": 0.45, "c": 0.5})


def test_what_is_left_of_a_group_has_its_whole_share() -> None:
    kept = keep_rates({**GROUPS, "gone": {"x": 1}}, ["enfr", "speech"])
    assert flatten_rates(kept) == {"enfr": 1.0, "speech": 2.0}
