import json
import math
from collections import Counter

import pytest

from t2t_mm import UserError
from t2t_mm.mixing.mixture import Mixture

EVEN = {"a": 0.5, "b": 0.5}
THREE = {"a": 0.2, "b": 0.5, "c": 0.3}


def draw(mixture: Mixture, steps: range) -> list[str]:
    """The problems of all batches, one after the other."""
    return [name for step in steps for name in mixture.choose_problems(step)]


def is_near(count: int, number: int, rate: float) -> bool:
    """Whether a count is within five standard deviations of the binomial distribution."""
    return abs(count - number * rate) < 5 * math.sqrt(number * rate * (1 - rate))


def test_problems_are_drawn_at_their_rates() -> None:
    counts = Counter(draw(Mixture(THREE, seed=3), range(10_000)))
    assert all(is_near(counts[name], 10_000, rate) for name, rate in THREE.items())


def test_a_draw_depends_on_seed_and_step_only() -> None:
    forward = draw(Mixture(EVEN, seed=1), range(100))
    mixture = Mixture(EVEN, seed=1)
    assert [mixture.choose_problems(step)[0] for step in reversed(range(100))] == forward[::-1]
    assert draw(Mixture(EVEN, seed=2), range(100)) != forward


@pytest.mark.parametrize("batches_each", [1, 3])
def test_the_draws_are_the_same_in_every_release(batches_each: int) -> None:
    mixture = Mixture(EVEN, seed=1, batches_each=batches_each)
    assert "".join(draw(mixture, range(12 // batches_each))) == "aaabbbbbbbab"
    assert mixture.most_batches == batches_each


def test_a_single_problem_is_always_drawn() -> None:
    assert set(draw(Mixture({"a": 1.0}, seed=-1), range(50))) == {"a"}


def test_a_problem_joins_pauses_and_leaves() -> None:
    schedules = {"b": {"step": {0: 0, 100: 1, 200: 0, 300: 1, 400: 0}}}
    mixture = Mixture(EVEN, seed=1, schedules=schedules)
    per_hundred = [
        Counter(draw(mixture, range(start, start + 100)))["b"] for start in range(0, 500, 100)
    ]
    assert [count > 0 for count in per_hundred] == [False, True, False, True, False]
    # Where it takes part, the draws are those of the mixture without a schedule.
    assert draw(mixture, range(100, 200)) == draw(Mixture(EVEN, seed=1), range(100, 200))


def test_a_rate_that_falls_straight_is_followed() -> None:
    mixture = Mixture(EVEN, seed=5, schedules={"b": {"linear": {0: 1, 10_000: 0}}})
    assert mixture.compute_rates(5_000) == pytest.approx({"a": 2 / 3, "b": 1 / 3})
    counts = Counter(draw(mixture, range(10_000)))
    share = 1 - math.log(2)  # the mean of (1 - t) / (2 - t)
    assert is_near(counts["b"], 10_000, share)


def test_weights_multiply_rates() -> None:
    assert Mixture(EVEN, seed=1).compute_rates(0, {"a": 0.25}) == {"a": 0.2, "b": 0.8}
    assert Mixture(EVEN, seed=1).choose_problems(0, {"a": 0.0}) == ["b"]


def test_an_update_has_each_problem_once_in_the_order_of_the_run() -> None:
    mixture = Mixture({"b": 0.9, "a": 0.05, "c": 0.05}, seed=1, problems_per_update=-1)
    assert mixture.choose_problems(0) == mixture.choose_problems(7) == ["b", "a", "c"]
    assert mixture.most_batches == 3


def test_each_of_an_update_may_give_several_batches() -> None:
    mixture = Mixture(EVEN, seed=1, problems_per_update=-1, batches_each=2)
    assert mixture.choose_problems(4) == ["a", "a", "b", "b"]
    assert mixture.most_batches == 4


def test_a_problem_that_pauses_is_not_in_the_update() -> None:
    schedules = {"b": {"step": {0: 1, 10: 0}}}
    mixture = Mixture(EVEN, seed=1, schedules=schedules, problems_per_update=-1)
    assert mixture.choose_problems(9) == ["a", "b"]
    assert mixture.choose_problems(10) == ["a"]
    assert mixture.most_batches == 2


def test_different_problems_are_drawn_one_after_the_other_by_their_rates() -> None:
    mixture = Mixture(THREE, seed=2, problems_per_update=2)
    updates = [tuple(mixture.choose_problems(step)) for step in range(10_000)]
    assert all(first < second for first, second in updates)
    # a then b, or b then a: 0.2 * 0.5 / 0.8 + 0.5 * 0.2 / 0.5.
    for pair, rate in {("a", "b"): 0.325, ("a", "c"): 0.2 * 0.3 * (1 / 0.8 + 1 / 0.7)}.items():
        assert is_near(Counter(updates)[pair], 10_000, rate)


def test_one_different_problem_is_drawn_at_its_rate() -> None:
    counts = Counter(draw(Mixture(THREE, seed=4, problems_per_update=1), range(10_000)))
    assert all(is_near(counts[name], 10_000, rate) for name, rate in THREE.items())


def test_no_more_different_problems_than_there_are() -> None:
    with pytest.raises(UserError, match=r"at most 2, or -1 for all.*problems_per_update=3"):
        Mixture(EVEN, seed=1, problems_per_update=3)


def test_what_json_keeps_of_it_draws_the_same() -> None:
    mixture = Mixture(
        THREE,
        seed=7,
        schedules={"b": {"step": {0: 0, 20: 1}, "linear": {0: 1, 50: 0.1}}},
        problems_per_update=2,
        batches_each=2,
    )
    again = Mixture(**json.loads(json.dumps(mixture.record)))
    assert draw(again, range(60)) == draw(mixture, range(60))
    assert again.record == mixture.record
