"""Batches padded to few shapes, for compilers that build a program for each shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Batch = Mapping[str, Any]

PIXELS_APART = 32


def pad_to_bucket(batch: Batch) -> dict[str, Any]:
    """Pad the lengths of a batch up to those of its bucket; what is added counts as padding.

    Texts and sounds are padded to the next power of two or three quarters of one, an input and a
    target text to the same; pictures to the next multiple of `PIXELS_APART` pixels both ways.

    Args:
        batch: As the pipeline makes them: texts int32[B, L], pictures float[B, H, W, C] and sounds
            float[B, L, ...] with their real sizes, classes int32[B].

    Returns:
        A batch of the same examples, as NumPy arrays.

    Example:
        >>> pad_to_bucket({"targets": np.ones((2, 13))})["targets"].shape
        (2, 16)
    """
    arrays = {name: np.asarray(values) for name, values in batch.items()}
    texts = [name for name in ("inputs", "targets") if _is_text(arrays.get(name))]
    longest = max((arrays[name].shape[1] for name in texts), default=0)
    for name in ("inputs", "targets"):
        array = arrays.get(name)
        if array is None or array.ndim < 2:
            continue
        if array.ndim == 4:
            sizes = [-(-size // PIXELS_APART) * PIXELS_APART for size in array.shape[1:3]]
        else:
            sizes = [find_bucket_length(longest if name in texts else array.shape[1])]
        added = [(0, size - old) for size, old in zip(sizes, array.shape[1:], strict=False)]
        rest = [(0, 0)] * (array.ndim - 1 - len(added))
        arrays[name] = np.pad(array, [(0, 0), *added, *rest])
    return arrays


def find_bucket_length(length: int) -> int:
    """Return the next power of two, or three quarters of one, that holds a length.

    Example:
        >>> [find_bucket_length(length) for length in (1, 9, 13, 17, 25)]
        [8, 12, 16, 24, 32]
    """
    power = 8
    while power < length:
        power *= 2
    shorter = power // 4 * 3
    return shorter if power > 8 and length <= shorter else power


def _is_text(array: np.ndarray[Any, Any] | None) -> bool:
    return array is not None and array.ndim == 2 and array.dtype.kind == "i"
