"""Seeded choices: the same for one seed, and fair."""

import random
from collections import Counter

from t2t_mm.data.declaring.splits import hash_bytes
from t2t_mm.problems.miniature.dice import Dice


def test_a_seed_fixes_all_choices() -> None:
    def draw(seed: str) -> list[object]:
        dice = Dice(seed)
        items = list("abcdef")
        dice.shuffle(items)
        return [*items, dice.pick(range(100)), dice.chance(0.5), dice.roll()]

    assert draw("a") == draw("a")
    assert draw("a") != draw("b")


def test_rolls_are_those_of_the_one_method_that_python_promises_not_to_change() -> None:
    promised = random.Random(hash_bytes(b"seed"))
    dice = Dice("seed")
    assert [dice.roll() for _ in range(5)] == [promised.random() for _ in range(5)]


def test_options_are_equally_likely() -> None:
    dice = Dice("options")
    found = Counter(dice.pick("abc") for _ in range(3000))
    assert set(found) == set("abc") and all(900 < count < 1100 for count in found.values())


def test_a_chance_is_as_large_as_it_says() -> None:
    dice = Dice("chance")
    assert not any(dice.chance(0.0) for _ in range(100))
    assert all(dice.chance(1.0) for _ in range(100))
    assert 220 < sum(dice.chance(0.25) for _ in range(1000)) < 280


def test_every_order_is_equally_likely_and_nothing_is_lost() -> None:
    dice = Dice("orders")
    found: Counter[str] = Counter()
    for _ in range(6000):
        items = list("abc")
        dice.shuffle(items)
        found["".join(items)] += 1
    assert set(found) == {"abc", "acb", "bac", "bca", "cab", "cba"}
    assert all(850 < count < 1150 for count in found.values())
