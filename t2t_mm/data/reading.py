"""Stored records as single examples, each checked against its vocabulary."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf
import tensorflow_datasets as tfds

from t2t_mm.data.problem import Problem
from t2t_mm.data.records import IDS_SUFFIX
from t2t_mm.data.stored import DataInfo
from t2t_mm.data.vocabulary import PAD_ID
from t2t_mm.data.writer import quiet_tfds

TEXT_SUFFIX = "_text"

_INTERLEAVED_SHARDS = 8


def read_examples(
    info: DataInfo, split: str, problem: Problem, *, with_text: bool, seed: int | None = None
) -> tf.data.Dataset:
    """Returns the single examples of a split under the names of batches.

    Args:
        info: the data.
        split: name of the split.
        problem: whose features are wanted; a reversed one exchanges inputs and targets.
        with_text: whether the raw texts come along, as "inputs_text" and "targets_text".
        seed: reads the files in an order that changes every epoch; without one in stored order.

    Returns:
        A data set of {"inputs": int32[L], "targets": int32[T], ...}, once through the split.
    """
    fields: dict[str, str] = {}
    for name in problem.features:
        stored = problem.stored_name(name)
        fields[name] = stored + IDS_SUFFIX
        if with_text:
            fields[name + TEXT_SUFFIX] = stored
    config = tfds.ReadConfig(
        try_autocache=False,
        skip_prefetch=True,
        shuffle_seed=seed,
        shuffle_reshuffle_each_iteration=True,
        interleave_cycle_length=1 if seed is None else _INTERLEAVED_SHARDS,
        num_parallel_calls_for_interleave_files=1,
        num_parallel_calls_for_decode=2,
    )
    with quiet_tfds():
        dataset = info.builder.as_dataset(
            split=split,
            shuffle_files=seed is not None,
            read_config=config,
            decoders=tfds.decode.PartialDecoding(dict.fromkeys(sorted(fields.values()), True)),
        )
    sizes = {name: vocabulary.size for name, vocabulary in info.vocabularies.items()}

    def rename(record: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        example = {name: record[field] for name, field in fields.items()}
        return {**example, **_checked_ids(example, sizes, problem.name)}

    return dataset.map(rename)


def _checked_ids(
    example: Mapping[str, tf.Tensor], sizes: Mapping[str, int], problem: str
) -> dict[str, tf.Tensor]:
    """Returns the id features behind a check that every id lies in its vocabulary."""
    checked = {}
    for name, size in sizes.items():
        ids = example[name]
        is_valid = tf.reduce_all((ids > PAD_ID) & (ids < size)) & (tf.size(ids) > 0)
        message = (
            f"Problem {problem}: its stored {name} are damaged. Expected: ids from 1 to {size - 1}."
        )
        check = tf.debugging.Assert(is_valid, [message, "Received:", ids])
        with tf.control_dependencies([check]):
            checked[name] = tf.identity(ids)
    return checked


def example_length(example: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Returns the longer of inputs and targets in ids, int32[]."""
    return tf.maximum(tf.size(example["inputs"]), tf.size(example["targets"]))
