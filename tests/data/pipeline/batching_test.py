import itertools

import pytest

from t2t_mm import BatchSpec
from t2t_mm.data.pipeline.batching import (
    choose_batch_sizes,
    choose_bucket_boundaries,
    choose_contiguous_batch_sizes,
)


@pytest.mark.parametrize(
    ("longest", "expected"),
    [(1, [1]), (8, [8]), (9, [8, 9]), (14, [8, 9, 10, 11, 12, 13, 14])],
)
def test_boundaries(longest: int, expected: list[int]) -> None:
    assert choose_bucket_boundaries(longest) == expected


def test_boundaries_grow_by_little() -> None:
    boundaries = choose_bucket_boundaries(1000)
    assert boundaries == sorted(set(boundaries)) and boundaries[-1] == 1000
    assert all(b <= max(a + 1, 1.15 * a) for a, b in itertools.pairwise(boundaries))
    assert len(boundaries) < 60


def test_sizes_keep_to_the_budget() -> None:
    assert choose_batch_sizes([8, 10, 200], BatchSpec(tokens=80)) == [10, 8, 1]
    assert choose_batch_sizes([8, 10], BatchSpec(examples=3)) == [3, 3]


@pytest.mark.parametrize(
    ("lengths", "batch", "expected"),
    [
        ([], BatchSpec(tokens=12), []),
        ([3, 4, 2, 9], BatchSpec(tokens=12), [3, 1]),
        ([13, 1], BatchSpec(tokens=12), [1, 1]),
        ([1, 13, 1, 1], BatchSpec(tokens=12), [1, 1, 2]),
        ([6, 6, 6], BatchSpec(tokens=12), [2, 1]),
        ([1, 9, 1, 1, 1], BatchSpec(examples=2), [2, 2, 1]),
    ],
)
def test_contiguous_sizes(lengths: list[int], batch: BatchSpec, expected: list[int]) -> None:
    assert choose_contiguous_batch_sizes(lengths, batch) == expected
