"""How many examples of which lengths make one batch, and how they are padded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from t2t_mm.features import BatchSpec

SHORTEST_BOUNDARY = 8
GROWTH = 1.12

Example = TypeVar("Example")


def choose_bucket_boundaries(longest: int) -> list[int]:
    """Choose the largest length of every bucket, about 12% apart, so that padding stays small.

    Args:
        longest: Length of the longest example.

    Example:
        >>> choose_bucket_boundaries(14)
        [8, 9, 10, 11, 12, 13, 14]
    """
    boundaries = []
    boundary = SHORTEST_BOUNDARY
    while boundary < longest:
        boundaries.append(boundary)
        boundary = max(boundary + 1, int(boundary * GROWTH))
    return [*boundaries, longest]


def choose_batch_sizes(boundaries: Sequence[int], batch: BatchSpec) -> list[int]:
    """Choose the number of examples per batch of every bucket.

    Args:
        boundaries: Largest length of every bucket.
        batch: Padded positions or examples per batch.

    Example:
        >>> choose_batch_sizes([8, 10], BatchSpec(tokens=80))
        [10, 8]
    """
    if batch.examples:
        return [batch.examples] * len(boundaries)
    return [max(1, batch.tokens // boundary) for boundary in boundaries]


def group_in_order(
    measured: Iterable[tuple[int, Example]], batch: BatchSpec
) -> Iterator[list[Example]]:
    """Yield the examples of one batch after the other, in order, each as full as the budget allows.

    Args:
        measured: The length of every example, and the example.
        batch: Padded positions or examples per batch; a single example may be longer.

    Example:
        >>> lengths = [(3, "a"), (4, "b"), (2, "c"), (9, "d")]
        >>> list(group_in_order(lengths, BatchSpec(tokens=12)))
        [['a', 'b', 'c'], ['d']]
    """
    group: list[Example] = []
    longest = 0
    for length, example in measured:
        longest = max(longest, length)
        if group and not _fits(len(group) + 1, longest, batch):
            yield group
            group, longest = [], length
        group.append(example)
    if group:
        yield group


def pad_arrays(values: Sequence[Any]) -> npt.NDArray[Any]:
    """Return values of one rank as one array, each padded with 0 at the end of every axis.

    Args:
        values: Arrays, numbers, or bytes; of bytes an array of objects.

    Example:
        >>> pad_arrays([np.array([3, 4]), np.array([5])])
        array([[3, 4],
               [5, 0]])
    """
    if isinstance(values[0], bytes):
        return np.array(values, object)
    longest = np.max([np.shape(value) for value in values], axis=0).astype(int)
    padded = np.zeros((len(values), *longest), values[0].dtype)
    for index, value in enumerate(values):
        place: tuple[int | slice, ...] = (index, *(slice(length) for length in value.shape))
        padded[place] = value
    return padded


def _fits(size: int, longest: int, batch: BatchSpec) -> bool:
    return size <= batch.examples if batch.examples else size * longest <= batch.tokens
