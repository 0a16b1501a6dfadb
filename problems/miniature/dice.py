"""Seeded random choices that give the same results on every machine and Python version."""

import random
from collections.abc import Sequence
from typing import TypeVar

from t2t_mm.data.declaring.splits import hash_bytes

T = TypeVar("T")


class Dice:
    """A seeded source of choices.

    Built on `Random.random` alone, the one method whose sequence Python promises never to change.

    Args:
        seed: Any text; equal texts give equal choices.

    Example:
        >>> Dice("7/train/0").pick("abc") == Dice("7/train/0").pick("abc")
        True
    """

    __slots__ = ("roll",)

    def __init__(self, seed: str) -> None:
        self.roll = random.Random(hash_bytes(seed.encode())).random

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.roll() < probability

    def pick(self, options: Sequence[T]) -> T:
        """Pick one of `options`, each equally likely."""
        return options[int(self.roll() * len(options))]

    def shuffle(self, items: list[T]) -> None:
        """Bring `items` into a random order, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = int(self.roll() * (last + 1))
            items[last], items[other] = items[other], items[last]
