"""How long the examples of a split are: of each feature, how many have how many positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Lengths = Mapping[str, Mapping[int, int]]
"""Feature, by its name in the records -> (positions -> number of examples)."""

LONGEST = ""
"""Stands for a feature: the longest of each example, all that data of earlier versions tells."""


def count_examples(lengths: Lengths) -> int:
    """Return the number of examples.

    Example:
        >>> count_examples({"inputs": {3: 2, 9: 1}, "targets": {4: 3}})
        3
    """
    return sum(next(iter(lengths.values()), {}).values())


def lengths_to_json(lengths: Lengths) -> dict[str, dict[str, int]]:
    """Return lengths as `lengths_from_json` reads them, the shortest first."""
    return {
        feature: {str(positions): numbers[positions] for positions in sorted(numbers)}
        for feature, numbers in lengths.items()
    }


def lengths_from_json(record: Mapping[str, Any]) -> dict[str, dict[int, int]]:
    """Return the lengths of a record, also of one that knows only the longest features.

    Example:
        >>> lengths_from_json({"inputs": {"3": 1}}), lengths_from_json({"3": 1, "9": 2})
        ({'inputs': {3: 1}}, {'': {3: 1, 9: 2}})
    """
    is_flat = any(isinstance(value, int) for value in record.values())
    return {
        feature: {int(positions): number for positions, number in numbers.items()}
        for feature, numbers in ({LONGEST: record} if is_flat else record).items()
    }
