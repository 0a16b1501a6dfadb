"""Few shapes that hold all examples, and cost little more than the examples themselves."""

import itertools

import numpy as np
import pytest

from t2t_mm import BatchSpec
from t2t_mm.data.pipeline.buckets import (
    MOST_BUCKETS,
    choose_boxes,
    choose_buckets,
    list_lengths,
)

TOKENS = BatchSpec(tokens=1000)


def draw_lengths(ratio: float, number: int = 500) -> np.ndarray:
    """Sources of 4 to 60 positions, and targets that are about `ratio` times as long."""
    dice = np.random.default_rng(1)
    source = dice.integers(4, 61, number)
    target = np.maximum(1, source * ratio * dice.uniform(0.8, 1.2, number)).astype(int)
    return np.stack([source, target], axis=1)


def measure(boxes: list[tuple[int, ...]], lengths: np.ndarray) -> float:
    """The share of padding where each example goes into the first box that holds it."""
    held = [sum(next(b for b in boxes if (np.array(b) >= one).all())) for one in lengths]
    return 1 - lengths.sum() / sum(held)


def test_lengths_are_at_most_an_eighth_apart() -> None:
    lengths = list_lengths(1000)
    assert lengths == sorted(set(lengths)) and lengths[-2] < 1000 <= lengths[-1]
    assert all(b - a <= max(4, a / 8) for a, b in itertools.pairwise(lengths))
    assert all(list_lengths(n)[-1] < n + max(4, n / 8) for n in range(1, 300))


def test_boxes_by_hand() -> None:
    # Two of each: (8, 8) and (8, 20) hold them without padding, and the one outlier has its own.
    lengths = np.array([[8, 8], [8, 8], [8, 20], [8, 20], [32, 32]])
    boxes = choose_boxes(lengths, np.ones(5), (32, 32), most=3)
    assert boxes == [(8, 8), (8, 20), (32, 32)]
    # With two, the smaller saves 2 * 24 + 0 and the larger 4 * 36 - 2 * 12 positions.
    assert choose_boxes(lengths, np.ones(5), (32, 32), most=2) == [(8, 20), (32, 32)]
    # An outlier that is only known, not seen, has a box, too.
    assert choose_boxes(lengths, np.ones(5), (32, 100), most=2)[-1] == (32, 104)


def test_as_good_as_the_best_of_all_pairs() -> None:
    lengths = draw_lengths(1.0)
    longest = lengths.max(axis=0).tolist()
    largest = tuple(list_lengths(most)[-1] for most in longest)
    every = itertools.product(*(list_lengths(most) for most in longest))
    best = min(measure(sorted([one, largest], key=sum), lengths) for one in every)
    boxes = choose_boxes(lengths, np.ones(len(lengths)), longest, most=2)
    assert measure(boxes, lengths) == pytest.approx(best)


@pytest.mark.parametrize("ratio", [0.2, 1.0, 2.5])
def test_six_boxes_follow_the_ratio_of_targets_to_inputs(ratio: float) -> None:
    lengths = draw_lengths(ratio)
    boxes = choose_boxes(lengths, np.ones(len(lengths)), lengths.max(axis=0).tolist(), most=6)
    assert len(boxes) <= 6 and boxes == sorted(boxes, key=sum)
    assert measure(boxes, lengths) < 0.22
    assert measure(boxes[-1:], lengths) > 0.4


def test_no_more_boxes_than_save_something() -> None:
    pictures = np.stack([np.full(90, 16), np.arange(90) % 5 + 11], axis=1)
    assert choose_boxes(pictures, np.ones(90), (16, 15), most=6) == [(16, 12), (16, 16)]
    classes = np.array([[16, 1]] * 9)
    assert choose_boxes(classes, np.ones(9), (16, 1), most=6) == [(16, 1)]


def test_problems_share_buckets_whatever_their_number_of_examples() -> None:
    short, long = draw_lengths(1.0, 2000) // 8 + 1, np.array([[60, 150]] * 3)
    known = {"inputs": 8, "targets": 10}, {"inputs": 60, "targets": 150}
    buckets = choose_buckets([short, long], known, TOKENS)
    assert len(buckets) <= MOST_BUCKETS
    boxes = [tuple(bucket.positions.values()) for bucket in buckets]
    assert boxes[-1] == (60, 160) and boxes[0] < (16, 16)
    assert [bucket.examples for bucket in buckets] == [1000 // max(box) for box in boxes]


def test_buckets_hold_what_is_known_and_what_was_seen() -> None:
    lengths = np.array([[5, 7], [16, 3]])
    (bucket,) = choose_buckets([lengths], [{"inputs": 3}], BatchSpec(examples=4), most=1)
    assert bucket.examples == 4 and dict(bucket.positions) == {"inputs": 16, "targets": 8}
    nothing_seen = np.zeros((0, 2), np.int64)
    (bucket,) = choose_buckets([nothing_seen], [{"inputs": 9, "targets": 1}], TOKENS)
    assert dict(bucket.positions) == {"inputs": 9, "targets": 1}
