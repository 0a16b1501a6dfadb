import itertools

import numpy as np
import pytest

from t2t_mm import BatchSpec
from t2t_mm.data.pipeline.batching import (
    choose_batch_sizes,
    choose_bucket_boundaries,
    group_in_order,
    pad_arrays,
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
def test_batches_in_order_are_as_full_as_the_budget_allows(
    lengths: list[int], batch: BatchSpec, expected: list[int]
) -> None:
    groups = list(group_in_order(zip(lengths, itertools.count(), strict=False), batch))
    assert [len(group) for group in groups] == expected
    assert list(itertools.chain(*groups)) == list(range(len(lengths)))


def test_a_batch_is_there_before_more_than_one_further_example_is_read() -> None:
    examples = iter([(1, "a"), (1, "b"), (1, "c"), (1, "d")])
    assert next(group_in_order(examples, BatchSpec(examples=2))) == ["a", "b"]
    assert list(examples) == [(1, "d")]


def test_values_of_every_rank_are_padded_at_the_end_of_every_axis() -> None:
    pictures = [np.full((2, 1, 3), 7, np.float32), np.full((1, 2, 3), 8, np.float32)]
    padded = pad_arrays(pictures)
    assert padded.dtype == np.float32 and padded.shape == (2, 2, 2, 3)
    assert padded[..., 0].tolist() == [[[7, 0], [7, 0]], [[8, 8], [0, 0]]]
    numbers = pad_arrays([np.int32(4), np.int32(0)])
    assert numbers.dtype == np.int32 and numbers.tolist() == [4, 0]
    assert pad_arrays([b"a\0", b""]).tolist() == [b"a\0", b""]
