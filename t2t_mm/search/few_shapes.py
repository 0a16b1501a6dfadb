"""Batches of any shape in a few, where a program is compiled for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from t2t_mm.layers.forms import is_on_tensorflow

SHORTEST = 8
PIXELS_APART = 32


def pad_to_few_shapes(batch: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Pad the rows and lengths of a batch with zeros, so that few shapes are left.

    Rows, and the lengths of texts and sounds, to the next power of two, `SHORTEST` at least; what
    has two lengths, as pictures, to the next multiples of `PIXELS_APART`. What is neither ids nor
    has sizes is of one length, by its declaration, and shows no padding: that stays.

    Args:
        batch: As input pipelines make them, "..._size" beside what shows no padding itself.

    Returns:
        A batch with rows added that are all zeros.

    Example:
        >>> ids = np.ones((9, 13), "int32")
        >>> padded = pad_to_few_shapes({"inputs": np.ones((9, 13)), "targets": ids})
        >>> padded["inputs"].shape, padded["targets"].shape
        ((16, 13), (16, 16))
    """
    arrays = {name: np.asarray(values) for name, values in batch.items()}
    padded = {}
    for name, array in arrays.items():
        sizes = arrays.get(f"{name}_size")
        is_ids = array.ndim == 2 and np.issubdtype(array.dtype, np.integer)
        num_lengths = int(is_ids) if sizes is None else sizes.shape[1]
        if name.removesuffix("_size") != name:
            num_lengths = 0
        round_up = _find_multiple if num_lengths > 1 else find_power
        rows, *lengths = array.shape[: 1 + num_lengths]
        added = [find_power(rows) - rows, *(round_up(length) - length for length in lengths)]
        rest = [0] * (array.ndim - len(added))
        padded[name] = np.pad(array, [(0, more) for more in (*added, *rest)])
    return padded


def needs_few_shapes(jit_compile: bool = False) -> bool:
    """Return whether a program is compiled for each shape: by XLA, which JAX always uses.

    Example:
        >>> needs_few_shapes(), needs_few_shapes(jit_compile=True)
        (False, True)
    """
    return jit_compile or not is_on_tensorflow()


def find_power(length: int) -> int:
    """Return the next power of two, `SHORTEST` at least.

    Example:
        >>> [find_power(length) for length in (1, 9, 16)]
        [8, 16, 16]
    """
    return max(SHORTEST, 1 << (length - 1).bit_length())


def _find_multiple(length: int) -> int:
    return -(-length // PIXELS_APART) * PIXELS_APART
