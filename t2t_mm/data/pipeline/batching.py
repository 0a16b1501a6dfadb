"""How many examples of which lengths make one batch."""

from __future__ import annotations

from collections.abc import Sequence

from t2t_mm.features import BatchSpec

SHORTEST_BOUNDARY = 8
GROWTH = 1.12


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


def choose_contiguous_batch_sizes(lengths: Sequence[int], batch: BatchSpec) -> list[int]:
    """Choose the sizes of batches that take examples in order and keep to the budget.

    Args:
        lengths: The length of every example, in order.
        batch: Padded positions or examples per batch; a single example may be longer.

    Example:
        >>> choose_contiguous_batch_sizes([3, 4, 2, 9], BatchSpec(tokens=12))
        [3, 1]
    """
    sizes: list[int] = []
    longest = 0
    for length in lengths:
        grown = max(longest, length)
        if sizes and _fits(sizes[-1] + 1, grown, batch):
            sizes[-1] += 1
            longest = grown
        else:
            sizes.append(1)
            longest = length
    return sizes


def _fits(size: int, longest: int, batch: BatchSpec) -> bool:
    return size <= batch.examples if batch.examples else size * longest <= batch.tokens
