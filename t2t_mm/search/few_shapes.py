"""Batches of any shape in a few, where a program is compiled for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.pipeline.buckets import PIXELS_APART
from t2t_mm.layers.forms import is_on_tensorflow

SHORTEST = 8
_MANY = 10_000


def pad_to_few_shapes(
    batch: Mapping[str, Any], open_axes: Mapping[str, Sequence[int]], rows_of_each: int = 1
) -> dict[str, np.ndarray[Any, Any]]:
    """Pad the rows and the open axes of a batch with zeros, so that few shapes are left.

    Examples, and the lengths of texts and sounds, to the next power of two, `SHORTEST` at least;
    what has several lengths, as pictures, to the next multiples of `PIXELS_APART`.

    Args:
        batch: As input pipelines make them.
        open_axes: By name, see `list_open_axes`; to what is not named examples alone are added.
        rows_of_each: Hypotheses made of an example: so many fewer are enough where they are few,
            as when one input is asked about.

    Returns:
        A batch with examples added that are all zeros, and "is_example", bool[B], which are none: a
        class shows no padding.

    Example:
        >>> ids = np.ones((9, 13), "int32")
        >>> padded = pad_to_few_shapes({"inputs": ids, "targets": ids}, {"targets": [1]})
        >>> padded["inputs"].shape, padded["targets"].shape
        ((16, 13), (16, 16))
    """
    arrays = {name: np.asarray(values) for name, values in batch.items()}
    num_examples = len(next(iter(arrays.values())))
    few = max(1, SHORTEST // rows_of_each)
    num_rows = few if num_examples <= few else find_power(num_examples)
    padded = {}
    for name, array in arrays.items():
        axes = open_axes.get(name, ())
        round_up = _find_multiple if len(axes) > 1 else find_power
        shape = [num_rows, *array.shape[1:]]
        for axis in axes:
            shape[axis] = round_up(array.shape[axis])
        added = zip(shape, array.shape, strict=True)
        padded[name] = np.pad(array, [(0, length - had) for length, had in added])
    return padded | {"is_example": np.arange(num_rows) < num_examples}


def list_open_axes(kind: FeatureKind) -> list[int]:
    """Return the axes of a batch along which what a net reads is of any length, as declared.

    Example:
        >>> from t2t_mm.data.kinds.kind_table import choose_kind
        >>> from t2t_mm.features import Image
        >>> list_open_axes(choose_kind(Image())), list_open_axes(choose_kind(Image(28, 28)))
        ([1, 2], [])
    """
    lengths = zip(kind.find_batch_shape(1), kind.find_batch_shape(_MANY), strict=True)
    return [axis for axis, (few, many) in enumerate(lengths, 1) if few is None or few != many]


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
