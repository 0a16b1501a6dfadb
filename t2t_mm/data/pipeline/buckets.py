"""Few shapes for all batches of problems that share a function that is compiled for each shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2t_mm.data.pipeline.batching import choose_batch_sizes
from t2t_mm.features import BatchSpec

SIDES = ("inputs", "targets")
MOST_BUCKETS = 6
PIXELS_APART = 32
"""Pictures of their own sizes are padded to the next multiple of so many, both ways."""

_LEAST_GAIN = 0.01
_SHORTEST = 4

Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Bucket:
    """Batches of one shape.

    Args:
        examples: In each batch.
        positions: The most that an example has, by feature; all are padded to that.
    """

    examples: int
    positions: Mapping[str, int]


def choose_buckets(
    lengths: Sequence[Lengths],
    longest: Sequence[Mapping[str, int]],
    batch: BatchSpec,
    most: int = MOST_BUCKETS,
) -> list[Bucket]:
    """Choose the buckets of problems that share what is compiled: together, each counting the same.

    Args:
        lengths: Of each problem int64[N, 2], positions of inputs and targets of some examples.
        longest: Of each problem by feature the most positions of any example, where that is known
            to be more than those of its sample.
        batch: Padded positions or examples per batch.
        most: How many buckets there may be.

    Returns:
        The cheapest first; the last holds every example.

    Example:
        >>> lengths = np.array([[7, 8], [8, 8], [8, 20], [30, 31]])
        >>> for bucket in choose_buckets(
        ...     [lengths], [{"inputs": 30, "targets": 31}], BatchSpec(tokens=1024), most=2
        ... ):
        ...     print(bucket)
        Bucket(examples=51, positions={'inputs': 8, 'targets': 20})
        Bucket(examples=32, positions={'inputs': 32, 'targets': 32})
    """
    weights = [np.full(len(one), 1 / max(1, int(one.sum()))) for one in lengths]
    pooled = np.concatenate(lengths)
    largest = [
        max([1, *pooled[:, column], *(one.get(side, 1) for one in longest)])
        for column, side in enumerate(SIDES)
    ]
    boxes = choose_boxes(pooled, np.concatenate(weights), largest, most)
    sizes = choose_batch_sizes([max(box) for box in boxes], batch)
    return [
        Bucket(size, dict(zip(SIDES, box, strict=True)))
        for size, box in zip(sizes, boxes, strict=True)
    ]


def choose_boxes(
    lengths: Lengths, weights: npt.NDArray[Any], longest: Sequence[int], most: int
) -> list[tuple[int, ...]]:
    """Choose few pairs of lengths so that little is padding if each example goes to the smallest.

    Boxes are added one by one, each time the one that saves most, and those before it are chosen
    anew, until another would save less than 1% of all positions.

    Args:
        lengths: int64[N, 2], positions of inputs and targets of some examples.
        weights: [N], how much each counts.
        longest: The lengths that the largest box must hold, at least; of a side where all examples
            have exactly that length it is the only one.
        most: How many boxes there may be.

    Returns:
        int[2] each, the cheapest first; the last holds every example.

    Example:
        >>> lengths = np.array([[7, 8], [8, 8], [8, 20], [30, 31]])
        >>> choose_boxes(lengths, np.ones(4), (30, 31), most=6)
        [(8, 8), (8, 20), (32, 32)]
    """
    steps = [
        [length] if (lengths[:, side] == length).all() else list_lengths(length)
        for side, length in enumerate(longest)
    ]
    boxes = np.array([(inputs, targets) for inputs in steps[0] for targets in steps[1]])
    places = [np.searchsorted(steps[side], lengths[:, side]) for side in (0, 1)]
    counts = np.bincount(
        places[0] * len(steps[1]) + places[1], weights=weights, minlength=len(boxes)
    )
    holds = (boxes[:, None] >= boxes[None]).all(axis=-1)
    # What the examples of each cell of the grid cost in each box.
    costs = np.where(holds, boxes.sum(axis=1)[:, None], np.inf)[:, counts > 0]
    counts = counts[counts > 0]

    def find_best(others: list[int]) -> int:
        """Return the box that saves most beside others."""
        return int((np.minimum(costs, costs[others].min(axis=0)) @ counts).argmin())

    def count_positions(chosen: list[int]) -> float:
        return float(costs[chosen].min(axis=0) @ counts)

    chosen = [len(boxes) - 1]
    while len(chosen) < most and counts.size:
        more = [*chosen, find_best(chosen)]
        for place in range(1, len(more)):
            rest = more[:place] + more[place + 1 :]
            more[place] = find_best(rest)
        if count_positions(more) > (1 - _LEAST_GAIN) * count_positions(chosen):
            break
        chosen = more
    return sorted((tuple(boxes[index].tolist()) for index in set(chosen)), key=sum)


def list_lengths(longest: int) -> list[int]:
    """List the lengths that batches are padded to: at most an eighth apart, or 4.

    Args:
        longest: The last holds so many positions.

    Example:
        >>> list_lengths(90)
        [4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 72, 80, 88, 96]
    """
    lengths = [_SHORTEST]
    while lengths[-1] < longest:
        power = 2 ** (lengths[-1].bit_length() - 1)
        lengths.append(lengths[-1] + max(_SHORTEST, power // 8))
    return lengths
