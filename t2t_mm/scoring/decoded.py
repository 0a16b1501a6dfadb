"""Decoded outputs beside what is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from t2t_mm.errors import UserError

DEFAULT_TOKENIZER = "13a"


@dataclass(frozen=True)
class Decoded:
    """What a model gave for each example of a split, beside what is true; all in one order.

    Args:
        hypotheses: The best output of each example as text; the class's name for a class.
        references: All true outputs of each example, at least one.
        inputs: Input texts; "" for pictures and sounds; empty where nobody needs them.
        rankings: For class targets the names of the (up to) five most probable classes, best
            first; else empty.
        num_classes: For class targets how many classes there are; else 0.
        probabilities: For class targets how probable the model takes each output to be; else empty.
        tokenizer: How sacreBLEU splits the texts into words; see `choose_tokenizer`.

    Raises:
        UserError: An example has no true output.

    Example:
        >>> Decoded(["a boat"], [["a boat", "the boat"]]).references[0]
        ['a boat', 'the boat']
    """

    hypotheses: Sequence[str]
    references: Sequence[Sequence[str]]
    inputs: Sequence[str] = ()
    rankings: Sequence[Sequence[str]] = ()
    num_classes: int = 0
    probabilities: Sequence[float] = ()
    tokenizer: str = DEFAULT_TOKENIZER

    def __post_init__(self) -> None:
        assert len(self.references) == len(self.hypotheses), "one list of references each"
        assert len(self.inputs) in (0, len(self.hypotheses)), "one input each, or none"
        assert len(self.rankings) in (0, len(self.hypotheses)), "one ranking each, or none"
        for number, references in enumerate(self.references):
            if not references:
                raise UserError(
                    "An example has no true output to score against",
                    expected="at least one reference",
                    received={"example": number, "references": list(references)},
                )

    @classmethod
    def join(cls, parts: Sequence[Decoded]) -> Decoded:
        """Return the outputs of several parts of a split, in their order."""
        columns = {
            name: [value for part in parts for value in getattr(part, name)] for name in _COLUMNS
        }
        num_classes = max((part.num_classes for part in parts), default=0)
        tokenizer = next((part.tokenizer for part in parts), DEFAULT_TOKENIZER)
        return cls(**columns, num_classes=num_classes, tokenizer=tokenizer)

    def split(self) -> Iterator[Decoded]:
        """Yield each example alone.

        Example:
            >>> [one.hypotheses for one in Decoded(["a", "b"], [["a"], ["c"]]).split()]
            [['a'], ['b']]
        """
        for number in range(len(self.hypotheses)):
            alone = {name: getattr(self, name)[number : number + 1] for name in _COLUMNS}
            yield replace(self, **alone)


_COLUMNS = ("hypotheses", "references", "inputs", "rankings", "probabilities")
Scores = dict[str, Any]
