"""Which split an example belongs to, by a hash of what it says: the same on every machine.

What chooses by hash never puts equal examples into two splits, whatever order they come in.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

SPLIT_NAMES: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
}
"""What the files and folders of each split may be called."""

SPLITS = tuple(SPLIT_NAMES)

_SPLIT_OF_NAME = {name: split for split, names in SPLIT_NAMES.items() for name in names}


def find_named_split(name: str) -> str:
    """Return the split that a folder is named as, in capitals or not; "" if it is none.

    Example:
        >>> [find_named_split(name) for name in ("Train", "dev", "cats")]
        ['train', 'validation', '']
    """
    return _SPLIT_OF_NAME.get(name.lower(), "")


HELD_OUT_SHARE: Final = 0.1
HELD_OUT_MOST: Final = 2000
"""Of what has no validation or test split of its own a tenth is held out, at most so many."""


def hash_bytes(key: bytes, byte_order: Literal["little", "big"] = "little") -> int:
    """Hash bytes to 64 bits, the same in every process (unlike Python's own `hash`).

    Args:
        key: Any bytes.
        byte_order: How the digest is read as a number. Generated data depends on it.

    Example:
        >>> hash_bytes(b"a dog") == hash_bytes(b"a dog"), hash_bytes(b"a dog") < 2**64
        (True, True)
    """
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), byte_order)


def choose_split(key: bytes, *, held_out_percent: int) -> str:
    """Choose the one split that may contain what a key stands for.

    Args:
        key: What decides, as the text of an example.
        held_out_percent: Share of validation, and as much again of test; the rest is for training.

    Example:
        >>> [choose_split(text, held_out_percent=20) for text in (b"a dog", b"a cat", b"two birds")]
        ['validation', 'train', 'validation']
    """
    bucket = hash_bytes(key) % 100
    if bucket < held_out_percent:
        return "validation"
    return "test" if bucket < 2 * held_out_percent else "train"


def choose_half(value: int) -> str:
    """Choose validation or test by a hash, where one set of examples is there for both.

    Example:
        >>> choose_half(6), choose_half(7)
        ('validation', 'test')
    """
    return "test" if value % 2 else "validation"


def count_held_out(count: int, share: float = 0.0) -> int:
    """Count how many of all examples to hold out for one split: at least one.

    Args:
        count: Number of all examples.
        share: How much of them, below 1; 0 for a tenth, at most 2,000.

    Example:
        >>> count_held_out(1_000), count_held_out(1_000_000), count_held_out(1_000_000, 0.01)
        (100, 2000, 10000)
    """
    room = math.floor(count * (share or HELD_OUT_SHARE) + 1e-9)
    return max(1, room if share else min(room, HELD_OUT_MOST))


@dataclass(frozen=True)
class HeldOut:
    """Which examples are taken out of the training data for other splits.

    Args:
        hashes: Of the groups of examples of each held-out split, in order: 8 bytes each.
        counts: Number of examples by split, training first.
    """

    hashes: Mapping[str, array[int]]
    counts: Mapping[str, int]

    def find_split(self, value: int) -> str:
        """Return the split of an example by the hash of its group."""
        for split, held_out in self.hashes.items():
            place = bisect_left(held_out, value)
            if place < len(held_out) and held_out[place] == value:
                return split
        return "train"

    def describe(self, what: str) -> str:
        """Write how many were taken out of how many, as a clause.

        Args:
            what: The examples, as "training pairs".

        Example:
            >>> hold_out(range(40), {"validation": 0.0, "test": 0.2}).describe("training pairs")
            '4 of 40 training pairs are held out for validation, 8 for test'
        """
        total = sum(self.counts.values())
        first, *others = ((split, n) for split, n in self.counts.items() if split != "train")
        said = f"{first[1]:,} of {total:,} {what} are held out for {first[0]}"
        return said + "".join(f", {number:,} for {split}" for split, number in others)


def hold_out(
    hashes: Iterable[int], shares: Mapping[str, float], *, may_exceed: bool = True
) -> HeldOut:
    """Choose which examples to hold out of the training data, by the hashes of their groups.

    Args:
        hashes: Of the group of every example, below 2**64; see `choose_held_out`.
        shares: How much of all examples goes into each split that is held out, as for
            `count_held_out`; the first split has the lowest hashes.
        may_exceed: As for `choose_held_out`.
    """
    if any(shares.values()):
        values, sizes = np.unique(np.fromiter(hashes, np.uint64), return_counts=True)
        count = int(sizes.sum())
    else:
        count, lowest = count_lowest(hashes, HELD_OUT_MOST * len(shares))
        values = np.array(sorted(lowest), np.uint64)
        sizes = np.array([lowest[value] for value in sorted(lowest)], np.int64)
    chosen_hashes: dict[str, array[int]] = {}
    counts = {"train": count}
    for split, share in shares.items():
        chosen = choose_held_out(sizes, count_held_out(count, share), may_exceed=may_exceed)
        chosen_hashes[split] = array("Q", values[chosen].tobytes())
        counts[split] = int(sizes[chosen].sum())
        counts["train"] -= counts[split]
        values, sizes = values[~chosen], sizes[~chosen]
    return HeldOut(chosen_hashes, counts)


def choose_held_out(
    sizes: npt.NDArray[np.int64], room: int, *, may_exceed: bool = False
) -> npt.NDArray[np.bool_]:
    """Choose the groups of examples to hold out: in the order of their hashes, at least one.

    Args:
        sizes: int[N], number of examples of each group, in the order of their hashes. Equal
            examples are of one group, and so may be those of one speaker or recording.
        room: How many examples to hold out.
        may_exceed: Take groups until the room is used up: the last may be larger than what is left
            of it, though none larger than all of it. Otherwise a group that is larger than the room
            left is passed over.

    Returns:
        bool[N], which groups; none where there are no groups.

    Example:
        >>> choose_held_out(np.array([3, 5, 1]), 4)
        array([ True, False,  True])
        >>> choose_held_out(np.array([3, 4, 1]), 4, may_exceed=True)
        array([ True,  True, False])
    """
    chosen = np.zeros(len(sizes), np.bool_)
    left = room
    for place, size in enumerate(sizes):
        if left <= 0:
            break
        if size <= (room if may_exceed else left):
            chosen[place] = True
            left -= int(size)
    if len(sizes) and not chosen.any():
        chosen[0 if may_exceed else np.argmin(sizes)] = True
    return chosen


def count_lowest(hashes: Iterable[int], most: int) -> tuple[int, dict[int, int]]:
    """Count the examples that have the lowest hashes, with no more than these in memory.

    Args:
        hashes: Of all examples.
        most: How many different hashes to count.

    Returns:
        The number of all examples, and the number of examples by hash.

    Example:
        >>> count_lowest([7, 3, 9, 3], most=2)
        (4, {7: 1, 3: 2})
    """
    count = 0
    lowest: list[int] = []  # A heap of negated hashes: its first entry is the largest kept one.
    sizes: dict[int, int] = {}
    for value in hashes:
        count += 1
        if value in sizes:
            sizes[value] += 1
            continue
        if len(lowest) < most:
            heapq.heappush(lowest, -value)
        elif value < -lowest[0]:
            del sizes[-heapq.heappushpop(lowest, -value)]
        else:
            continue
        sizes[value] = 1
    return count, sizes
