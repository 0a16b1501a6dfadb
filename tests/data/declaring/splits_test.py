"""The hashes that choose splits: fixed for ever, and shares that can be counted in the head."""

import tracemalloc
from itertools import permutations

import numpy as np
import pytest

from t2t_mm.data.declaring.splits import (
    SPLITS,
    choose_half,
    choose_held_out,
    choose_split,
    count_held_out,
    count_lowest,
    hash_bytes,
    hold_out,
)


def test_hashes_are_fixed_for_ever():
    # blake2b-64 of b"a\nb": what is held out must not change with a version.
    assert hash_bytes(b"a\nb", "big") == 0xA76DE9F2D561975F
    assert hash_bytes(b"a\nb", "little") == hash_bytes(b"a\nb") == 0x5F9761D5F2E96DA7


def test_splits_have_their_shares_and_depend_on_nothing_but_the_key():
    keys = [str(number).encode() for number in range(4000)]
    split_of = {key: choose_split(key, held_out_percent=10) for key in keys}
    counts = {split: [*split_of.values()].count(split) for split in SPLITS}
    assert 300 < counts["validation"] < 500 and 300 < counts["test"] < 500
    assert sum(counts.values()) == 4000
    assert {key: choose_split(key, held_out_percent=10) for key in reversed(keys)} == split_of


def test_nothing_or_everything_may_be_held_out():
    keys = [str(number).encode() for number in range(50)]
    assert {choose_split(key, held_out_percent=0) for key in keys} == {"train"}
    assert {choose_split(key, held_out_percent=50) for key in keys} == {"validation", "test"}


def test_halves_go_by_the_last_bit():
    assert [choose_half(value) for value in (0, 1, 2, 3)] == ["validation", "test"] * 2


def choose(sizes: list[int], room: int, *, may_exceed: bool = False) -> list[int]:
    chosen = choose_held_out(np.array(sizes, np.int64), room, may_exceed=may_exceed)
    return np.flatnonzero(chosen).tolist()


def test_groups_are_taken_in_the_order_of_their_hashes():
    assert choose([1, 1, 1], 2) == [0, 1]
    assert choose([1, 1, 1], 5) == [0, 1, 2]


def test_a_group_that_is_too_large_is_passed_over_or_ends_the_choice():
    assert choose([5, 3, 4, 1, 1], 4) == [1, 3]
    assert choose([5, 3, 4, 1, 1], 4, may_exceed=True) == [1, 2]  # 0 has more than all the room


def test_one_group_is_held_out_in_any_case():
    assert choose([3, 2, 2], 0) == [1]  # the smallest that comes first
    assert choose([3, 2, 2], 0, may_exceed=True) == [0]  # the first
    assert choose([], 5) == []


def test_the_lowest_hashes_are_counted_in_any_order():
    for hashes in permutations([5, 2, 8, 2, 5]):
        assert count_lowest(hashes, most=2) == (5, {2: 2, 5: 2})
    assert count_lowest([], most=2) == (0, {})


@pytest.mark.parametrize(
    ("count", "share", "held_out"),
    [
        (1_000, 0.0, 100),
        (7, 0.0, 1),
        (70, 0.0, 7),
        (29_000, 0.0, 2_000),
        (100_000, 0.05, 5_000),
        (100, 0.29, 29),
        (3, 0.01, 1),
    ],
)
def test_a_tenth_is_held_out_or_the_share_that_is_given(count, share, held_out):
    assert count_held_out(count, share) == held_out


def test_two_splits_are_held_out_of_the_lowest_hashes():
    found = hold_out(reversed(range(100)), {"validation": 0.03, "test": 0.0})
    assert [found.find_split(value) for value in (0, 2, 3, 12, 13)] == [
        "validation",
        "validation",
        "test",
        "test",
        "train",
    ]
    assert found.counts == {"train": 87, "validation": 3, "test": 10}


def test_no_more_than_two_thousand_are_held_out_unless_a_share_says_so():
    assert hold_out(range(50_000), {"validation": 0.0}).counts["validation"] == 2_000
    assert hold_out(range(50_000), {"validation": 0.2}).counts["validation"] == 10_000


def test_of_repetitions_the_share_of_all_is_held_out():
    uneven = [value for value in range(2000) for _ in range(1 + value % 7)]
    for hashes, share in (([*range(100)] * 10, 0.05), (uneven, 0.05), (uneven, 0.0)):
        found = hold_out(hashes, {"validation": share})
        held_out = sum(found.find_split(value) == "validation" for value in hashes)
        wanted = count_held_out(len(hashes), share)
        assert wanted <= held_out == found.counts["validation"] <= wanted + 10


def test_nothing_is_held_out_of_nothing():
    for share in (0.0, 0.1):
        assert hold_out([], {"validation": share}).counts == {"train": 0, "validation": 0}


def test_hashes_of_64_bits_are_found_to_the_last_one():
    large = 2**64 - 10
    for share in (0.0, 0.3):
        found = hold_out(range(large, large + 10), {"validation": share})
        places = [place for place in range(10) if found.find_split(large + place) == "validation"]
        assert places == [*range(round(10 * (share or 0.1)))]


def test_a_share_of_many_takes_a_few_bytes_for_each():
    tracemalloc.start()
    found = hold_out((hash_bytes(b"%d" % number) for number in range(100_000)), {"test": 0.5})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.counts == {"train": 50_000, "test": 50_000}
    assert peak < 50 * 100_000
