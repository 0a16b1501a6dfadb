"""Which training examples are too long: each kind of features has a limit in a unit of its own."""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.feature_kind import FeatureKind, Limit
from t2t_mm.data.kinds.kind_table import choose_kind, choose_kinds
from t2t_mm.data.pipeline.buckets import SIDES
from t2t_mm.data.records.example_lengths import LONGEST
from t2t_mm.data.records.stored import DataInfo, check_split
from t2t_mm.errors import UserError
from t2t_mm.settings import DataHParams

Limits = Mapping[str, Limit]


class DroppedExamples(NamedTuple):
    """Examples that are left out since a feature of theirs is too long.

    Attributes:
        number: How many.
        feature: Name of the feature.
        limit: What it exceeds.
        is_exact: False where the data tells only the longest feature of each example, which may be
            another: then there are at most so many.
    """

    number: int
    feature: str
    limit: Limit
    is_exact: bool

    def __str__(self) -> str:
        most = "" if self.is_exact else "up to "
        return f"{most}{self.number:,} dropped: {self.feature} longer than {self.limit.setting}"


def choose_limits(problem: Problem, data: DataHParams) -> dict[str, Limit]:
    """Return the limits of inputs and targets, where they have one, by name.

    Example:
        >>> from t2t_mm import registry
        >>> limits = choose_limits(registry.problem("mini_speech"), DataHParams())
        >>> {name: limit.setting for name, limit in limits.items()}
        {'inputs': 'data.max_seconds=30', 'targets': 'data.max_pieces=256'}
    """
    kinds = choose_kinds(problem.features)
    asked = {name: kinds[name].choose_limit(data) for name in kinds if name in SIDES}
    return {name: limit for name, limit in asked.items() if limit is not None}


def count_dropped_examples(
    info: DataInfo, split: str, problem: Problem, limits: Limits
) -> list[DroppedExamples]:
    """Count for each limit that an example exceeds how many do.

    Args:
        info: The problem's data.
        split: Name of the split.
        problem: The problem; a reversed one reads the data of its base.
        limits: By name of the feature; one without is of any length.
    """
    dropped = []
    for feature, limit in limits.items():
        numbers, is_exact = _find_numbers(info, split, problem, feature)
        number = sum(count for length, count in numbers.items() if length > limit.positions)
        if number:
            most = min(number, info.sizes[split])
            dropped.append(DroppedExamples(most, feature, limit, is_exact and info.share == 1))
    return dropped


def count_kept_examples(info: DataInfo, problem: Problem, limits: Limits) -> int:
    """Count the training examples that are not too long, or more: one may be so in all features.

    Of a share of the examples as many are too long as of all: the data tells no more. The arguments
    are those of `count_dropped_examples`.
    """
    whole = dataclasses.replace(info, share=1.0)
    dropped = count_dropped_examples(whole, "train", problem, limits)
    part = max((one.number for one in dropped if one.is_exact), default=0) / whole.sizes["train"]
    return round(info.sizes["train"] * (1 - part))


def is_within_limits(
    example: Mapping[str, Any],
    dropped: Sequence[DroppedExamples],
    kinds: Mapping[str, FeatureKind],
) -> Any:
    """Return as a tensor whether an example exceeds none of the limits by which some are left out.

    Args:
        example: As `read_examples` gives it.
        dropped: What `count_dropped_examples` returned; not empty.
        kinds: By feature.
    """
    within = (
        kinds[feature].count_positions(example[feature]) <= limit.positions
        for _, feature, limit, _ in dropped
    )
    return functools.reduce(operator.and_, within)


def find_longest_kept(info: DataInfo, split: str, problem: Problem, limits: Limits) -> int:
    """Return the most positions of any feature of an example that is kept, or more.

    The arguments are those of `find_longest_of_each`.
    """
    return max(_find_longest_told(info, split, problem, limits).values())


def find_longest_of_each(
    info: DataInfo, split: str, problem: Problem, limits: Limits
) -> dict[str, int]:
    """Return the most positions of each side of an example that is kept, or more.

    Args:
        info: The problem's data.
        split: Name of the split.
        problem: The problem; a reversed one reads the data of its base.
        limits: By name of the feature; one without is of any length.

    Raises:
        UserError: There is no such split, or a feature is too long in all examples.
    """
    longest = _find_longest_told(info, split, problem, limits)
    for feature, limit in limits.items():
        numbers, is_exact = _find_numbers(info, split, problem, feature)
        if not is_exact and max(numbers) > limit.positions:  # by this feature, or by another
            longest[feature] = limit.positions
    return longest


def _find_longest_told(
    info: DataInfo, split: str, problem: Problem, limits: Limits
) -> dict[str, int]:
    """Find the longest of what is within the limits by what the data tells of each feature."""
    check_split(info, split, problem.name)
    longest = {}
    sides = {name: spec for name, spec in problem.features.items() if name in SIDES}
    for feature, spec in sides.items():
        numbers, is_exact = _find_numbers(info, split, problem, feature)
        limit = limits.get(feature)
        most = limit.positions if limit else choose_kind(spec).most_positions
        kept = [length for length in numbers if most is None or length <= most]
        if kept:
            longest[feature] = max(kept)
        if limit and not kept and is_exact:
            raise _make_too_short_error(problem, split, feature, limit, min(numbers))
    if not longest:
        feature, limit = next(iter(limits.items()))
        raise _make_too_short_error(problem, split, feature, limit, min(numbers))
    return longest


def _find_numbers(
    info: DataInfo, split: str, problem: Problem, feature: str
) -> tuple[Mapping[int, int], bool]:
    """Return positions -> number of examples of a feature, and whether they are its own."""
    lengths = info.lengths[split]
    if LONGEST in lengths:
        return lengths[LONGEST], False
    return lengths[problem.stored_name(feature)], True


def _make_too_short_error(
    problem: Problem, split: str, feature: str, limit: Limit, shortest: int
) -> UserError:
    return UserError(
        f"Every example of problem {problem.name} in split {split!r} has {feature} longer than "
        f"{limit.setting}",
        expected=f"a limit of at least {shortest} positions",
        received={"positions": limit.positions},
        fix=f"Raise {limit.setting.partition('=')[0]}.",
    )
