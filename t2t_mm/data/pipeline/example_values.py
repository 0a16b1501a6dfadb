"""Stored examples into what a batch holds of each: chosen among alternatives, decoded, measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.pipeline.padding import SIZE_SUFFIX
from t2t_mm.data.pipeline.stochastic import Dice

_DECODED_AT_ONCE = 2

Example = Mapping[str, tf.Tensor]
Kinds = Mapping[str, FeatureKind]


def choose_values(example: Example, kinds: Kinds, dice: Dice | None) -> Example:
    """Return an example with one of the alternatives of each feature that has some."""
    chosen = {
        name: kind.choose(example[name], dice and dice.roll(number))
        for number, (name, kind) in enumerate(kinds.items())
    }
    return {**example, **chosen}


def prepare_values(example: Example, kinds: Kinds, dice: Dice | None) -> Example:
    """Return what a batch holds of an example: decoded, beside the sizes of what is padded."""
    prepared: dict[str, tf.Tensor] = dict(example)
    for number, (name, kind) in enumerate(kinds.items()):
        prepared[name] = kind.prepare(example[name], dice and dice.roll(number))
        if kind.size_axes:
            prepared[name + SIZE_SUFFIX] = tf.shape(prepared[name])[: kind.size_axes]
    return prepared


def decode_examples(dataset: tf.data.Dataset, decode: Any, kinds: Kinds) -> tf.data.Dataset:
    """Return a data set of what `decode` makes of the elements of another."""
    if not any(kind.size_axes for kind in kinds.values()):
        return dataset.map(decode)  # threads cost more than they save where nothing is decoded
    return dataset.map(decode, num_parallel_calls=_DECODED_AT_ONCE, deterministic=True)
