"""How much of a batch is padding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from t2t_mm.data.kinds.feature_kind import FeatureKind

SIZE_SUFFIX = "_size"


class Padding(NamedTuple):
    """The positions of a batch, over both sides.

    Attributes:
        positions: All, in the unit of a batch's tokens.
        padded: Those that no example fills.
    """

    positions: int
    padded: int


def measure_padding(batch: Mapping[str, Any], kinds: Mapping[str, FeatureKind]) -> Padding:
    """Count the positions of a batch, and those of padding.

    Args:
        batch: As the pipeline makes them; on the host, since it is read.
        kinds: By feature.

    Example:
        >>> from t2t_mm.data.kinds.kind_table import choose_kinds
        >>> from t2t_mm.features import Audio, Language
        >>> kinds = choose_kinds({"inputs": Audio(), "targets": Language()})
        >>> batch = {"inputs": np.ones((2, 8, 80)), "inputs_size": np.array([[8], [4]])}
        >>> measure_padding(batch | {"targets": np.array([[5, 6, 1], [7, 1, 0]])}, kinds)
        Padding(positions=10, padded=2)
    """
    positions = padded = 0
    for name, kind in kinds.items():
        values, sizes = batch[name], batch.get(name + SIZE_SUFFIX)
        rows, *lengths = values.shape
        held = real = rows * int(kind.count_read_positions(lengths))
        if sizes is not None:
            real = int(kind.count_read_positions(list(np.asarray(sizes).T)).sum())
        elif kind.has_ids and lengths:
            real = int(np.count_nonzero(values))
        positions, padded = positions + held, padded + held - real
    return Padding(positions, padded)


def describe_batch(batch: Mapping[str, Any]) -> str:
    """Say in words of which shape a batch is.

    Example:
        >>> describe_batch({"inputs": np.ones((64, 64, 64, 3)), "targets": np.ones((64, 12))})
        '64 examples, inputs of 64 x 64 x 3, targets of 12'
    """
    sides = [(name, *values.shape) for name, values in sorted(batch.items()) if np.ndim(values)]
    shapes = [(name, " x ".join(map(str, rest))) for name, _, *rest in sides]
    parts = [f"{name} of {text}" for name, text in shapes if text and SIZE_SUFFIX not in name]
    return ", ".join([f"{sides[0][1]} examples", *parts])
