"""A stream of examples into padded batches: those of like lengths are collected to fill one.

batch_like_lengths    as long as the longest of the batch, by many boundaries: every shape
batch_in_buckets      as long as the bucket: few shapes
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from t2t_mm.data.pipeline.batching import choose_batch_sizes, choose_bucket_boundaries
from t2t_mm.data.pipeline.buckets import PIXELS_APART, SIDES, Bucket
from t2t_mm.data.pipeline.example_values import (
    Example,
    Kinds,
    decode_examples,
    prepare_values,
)
from t2t_mm.data.pipeline.padding import SIZE_SUFFIX
from t2t_mm.data.pipeline.record_reading import measure_example
from t2t_mm.data.pipeline.stochastic import Dice
from t2t_mm.features import BatchSpec

Shape = tuple[int | None, ...]


def batch_like_lengths(
    dataset: tf.data.Dataset, kinds: Kinds, longest: int, batch: BatchSpec, seed: int
) -> tf.data.Dataset:
    """Collect examples of like lengths and pad each batch to its longest.

    Args:
        dataset: Of (place in the stream, example).
        kinds: By feature.
        longest: Positions of the longest example.
        batch: Padded positions or examples per batch.
        seed: Of crops and flips.
    """
    boundaries = choose_bucket_boundaries(longest)
    smaller = tf.constant(boundaries[:-1], dtype=tf.int32)

    def choose_bucket(example: Example) -> tf.Tensor:
        is_above = measure_example(example, kinds) > smaller
        return tf.reduce_sum(tf.cast(is_above, tf.int64))

    return _group(dataset, kinds, choose_bucket, choose_batch_sizes(boundaries, batch), seed, {})


def batch_in_buckets(
    dataset: tf.data.Dataset, kinds: Kinds, buckets: Sequence[Bucket], seed: int
) -> tf.data.Dataset:
    """Collect examples for the first bucket that holds them, and pad each batch to its bucket.

    Args:
        dataset: Of (place in the stream, example), endless, so that every batch is full.
        kinds: By feature.
        buckets: The cheapest first; the last holds every example.
        seed: Of crops and flips.
    """
    most = tf.constant([[bucket.positions[side] for side in SIDES] for bucket in buckets])
    shapes = list_batch_shapes(kinds, buckets)

    def choose_bucket(example: Example) -> tf.Tensor:
        positions = tf.stack([kinds[side].count_positions(example[side]) for side in SIDES])
        return tf.argmax(tf.cast(tf.reduce_all(positions <= most, axis=1), tf.int32))

    def pad_open_axes(batch: Example) -> Example:
        return {name: _pad_open_axes(values, shapes[0][name]) for name, values in batch.items()}

    padded = {
        name: tf.constant(
            [[-1 if n is None else n for n in one[name][1:]] for one in shapes], "int64"
        )
        for name in shapes[0]
    }
    sizes = [bucket.examples for bucket in buckets]
    batches = _group(dataset, kinds, choose_bucket, sizes, seed, padded)
    has_open_axes = any(None in shape for shape in shapes[0].values())
    return batches.map(pad_open_axes) if has_open_axes else batches


def list_batch_shapes(kinds: Kinds, buckets: Sequence[Bucket]) -> list[dict[str, Shape]]:
    """List the shapes of all that a batch of each bucket holds.

    Args:
        kinds: By feature.
        buckets: Those of the problem.

    Returns:
        By name as in a batch; a length is None where a bucket does not bound it: of pictures of
        their own sizes, which are padded to the next multiple of `PIXELS_APART` both ways.

    Example:
        >>> from t2t_mm.data.kinds.kind_table import choose_kinds
        >>> from t2t_mm.features import Categorical, Image
        >>> kinds = choose_kinds({"inputs": Image(64, 64), "targets": Categorical(num_classes=10)})
        >>> (shapes,) = list_batch_shapes(kinds, [Bucket(32, {"inputs": 16, "targets": 1})])
        >>> shapes
        {'inputs': (32, 64, 64, 3), 'inputs_size': (32, 2), 'targets': (32,)}
    """
    shapes = []
    for bucket in buckets:
        one: dict[str, Shape] = {}
        for name, kind in kinds.items():
            one[name] = (bucket.examples, *kind.find_batch_shape(bucket.positions[name]))
            if kind.size_axes:
                one[name + SIZE_SUFFIX] = (bucket.examples, kind.size_axes)
        shapes.append(one)
    return shapes


def make_empty_batches(
    kinds: Kinds, buckets: Sequence[Bucket]
) -> list[Mapping[str, npt.NDArray[Any]]]:
    """Make a batch of zeros for each bucket that bounds all lengths, in the types of batches."""
    types = {
        name: "int32" if name not in kinds or kinds[name].has_ids else kinds[name].dtype
        for name in list_batch_shapes(kinds, buckets)[0]
    }
    return [
        {name: np.zeros([n or 0 for n in shape], types[name]) for name, shape in one.items()}
        for one in list_batch_shapes(kinds, buckets)
        if not any(None in shape for shape in one.values())
    ]


def _group(
    dataset: tf.data.Dataset,
    kinds: Kinds,
    choose_bucket: Callable[[Example], tf.Tensor],
    sizes: Sequence[int],
    seed: int,
    padded: Mapping[str, tf.Tensor],
) -> tf.data.Dataset:
    """Decode and pad the examples of each bucket as soon as they fill a batch.

    Args:
        dataset: Of (place in the stream, example).
        kinds: By feature.
        choose_bucket: Returns the number of an example's bucket, int64[].
        sizes: Examples in a batch of every bucket.
        seed: Of crops and flips.
        padded: int64[buckets, axes], what to pad to, -1 for the longest; empty: -1 everywhere.
    """
    window_sizes = tf.constant(sizes, dtype=tf.int64)

    def choose_window(_: tf.Tensor, example: Example) -> tf.Tensor:
        is_tall = [kind.is_tall(example[name]) for name, kind in kinds.items()]
        return 2 * choose_bucket(example) + tf.cast(tf.reduce_any(is_tall), tf.int64)

    def make_batch(window: tf.Tensor, examples: tf.data.Dataset) -> tf.data.Dataset:
        shapes = {name: lengths[window // 2] for name, lengths in padded.items()} or None
        return decode_examples(
            examples,
            lambda place, example: prepare_values(example, kinds, Dice(seed, place)),
            kinds,
        ).padded_batch(window_sizes[window // 2], padded_shapes=shapes)

    return dataset.group_by_window(
        key_func=choose_window,
        reduce_func=make_batch,
        window_size_func=lambda window: window_sizes[window // 2],
    )


def _pad_open_axes(values: tf.Tensor, shape: Shape) -> tf.Tensor:
    added = [
        [0, -length % PIXELS_APART if bound is None else 0]
        for length, bound in zip(tf.unstack(tf.shape(values)), shape, strict=True)
    ]
    return tf.pad(values, added)
