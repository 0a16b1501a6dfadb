"""Sequences of symbols to copy or to reverse: small, exact, for tests and first experiments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.splits import choose_split
from t2t_mm.features import BatchSpec, Language
from t2t_mm.problems.miniature.dice import Dice
from t2t_mm.registry import register_problem

_HELD_OUT_PERCENT: Final = 10


class AlgorithmicProblem(Problem):
    """A function of a random sequence of symbols; a subclass says which.

    A sequence belongs to one split by its hash, so that none is both trained and tested on.

    Class attributes:
        symbols: What sequences are made of.
        min_length, max_length: Number of symbols, both possible.
        seed: Another seed gives other sequences.
        num_examples: Number of examples by split.

    Example:
        >>> next(iter(AlgorithmicReverse().generate("train")))["targets"]
        '145746'
    """

    modalities: ClassVar = {
        "inputs": Language(vocabulary="bytes"),
        "targets": Language(vocabulary="bytes"),
    }
    batch = BatchSpec(tokens=1024)
    symbols: ClassVar[str] = "0123456789"
    min_length: ClassVar[int] = 4
    max_length: ClassVar[int] = 16
    seed: ClassVar[int] = 0
    num_examples: ClassVar = {"train": 10_000, "validation": 200, "test": 200}
    licence = "none needed: made by this package"

    def solve(self, inputs: str) -> str:
        """Write the right answer."""
        raise NotImplementedError

    def num_parts(self, split: str) -> int:
        """Return 4 parts for training, 1 for a split without repetitions."""
        return 4 if split == "train" else 1

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        """Yield {"inputs": symbols, "targets": symbols}."""
        for part in range(self.num_parts(split)):
            yield from self.generate_part(split, part)

    def generate_part(self, split: str, part: int) -> Iterator[dict[str, str]]:
        """Yield one part of a split; validation and test have no example twice."""
        size, parts = self.num_examples[split], self.num_parts(split)
        dice = Dice(f"algorithmic/{self.seed}/{split}/{part}")
        seen: set[str] = set()
        for _ in range(size * part // parts, size * (part + 1) // parts):
            inputs = self._draw(dice, split)
            while split != "train" and inputs in seen:
                inputs = self._draw(dice, split)
            seen.add(inputs)
            yield {"inputs": inputs, "targets": self.solve(inputs)}

    def _draw(self, dice: Dice, split: str) -> str:
        """Draw a sequence of the split; refused ones are drawn again."""
        while True:
            length = dice.pick(range(self.min_length, self.max_length + 1))
            inputs = "".join([dice.pick(self.symbols) for _ in range(length)])
            if choose_sequence_split(inputs) == split:
                return inputs


def choose_sequence_split(inputs: str) -> str:
    """Choose the one split that may contain a sequence: ten per cent each are held out."""
    return choose_split(inputs.encode(), held_out_percent=_HELD_OUT_PERCENT)


@register_problem("algorithmic_copy")
class AlgorithmicCopy(AlgorithmicProblem):
    """The same symbols again."""

    def solve(self, inputs: str) -> str:
        """Copy the symbols."""
        return inputs


@register_problem("algorithmic_reverse")
class AlgorithmicReverse(AlgorithmicProblem):
    """The symbols from the last to the first."""

    def solve(self, inputs: str) -> str:
        """Reverse the symbols."""
        return inputs[::-1]
