"""Which split an example belongs to, by a hash of what it says: the same on every machine.

What chooses by hash never puts equal examples into two splits, whatever order they come in.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Mapping
from typing import Literal

SPLIT_NAMES: Mapping[str, tuple[str, ...]] = {
    "train": ("train",),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
}
"""What the files and folders of each split may be called."""

SPLITS = tuple(SPLIT_NAMES)


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


def choose_held_out(
    sizes: Mapping[int, int], room: int, *, may_exceed: bool = False
) -> frozenset[int]:
    """Choose the groups of examples to hold out: in the order of their hashes, at least one.

    Args:
        sizes: Number of examples by hash of their group. Equal examples are of one group, and so
            may be those of one speaker or recording.
        room: How many examples to hold out.
        may_exceed: Take groups until the room is used up, whatever the size of the last one.
            Otherwise a group that is larger than the room left is passed over.

    Returns:
        The hashes of the groups; none where there are no groups.

    Example:
        >>> sorted(choose_held_out({1: 3, 2: 5, 3: 1}, 4))
        [1, 3]
        >>> sorted(choose_held_out({1: 3, 2: 5, 3: 1}, 4, may_exceed=True))
        [1, 2]
    """
    chosen: set[int] = set()
    for value in sorted(sizes):
        if room > 0 and (may_exceed or sizes[value] <= room):
            chosen.add(value)
            room -= sizes[value]
    if sizes and not chosen:
        chosen = {min(sizes, key=lambda value: (0 if may_exceed else sizes[value], value))}
    return frozenset(chosen)


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
