"""Stored records into batches.

    records on disk      {"inputs_ids": int32[L], "targets_ids": int32[T], + raw texts}
      parse, check         every id lies in its vocabulary
      exchange             a reversed problem swaps inputs and targets
      filter               longer than max_length: out (counted by `dropped_examples`)
      shuffle, repeat      seeded, anew in every epoch
      bucket, pad          like lengths together: {"inputs": int32[B, L], "targets": int32[B, T]}

Only ops whose place can be saved are used, so that `tf.train.Checkpoint(iterator=iter(...))` goes
on at the very batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from t2t_mm.data.batching import batch_sizes, bucket_boundaries, contiguous_batch_sizes
from t2t_mm.data.problem import Problem
from t2t_mm.data.reading import TEXT_SUFFIX, example_length, read_examples
from t2t_mm.data.stored import DataInfo, open_data
from t2t_mm.data.vocabulary import PAD_ID, Vocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec

# What an element costs in a shuffle buffer beside its ids: two tensors and their bookkeeping.
_BYTES_PER_ELEMENT = 600


def training_dataset(
    problem: Problem,
    *,
    data_dir: str | Path,
    batch: BatchSpec,
    max_length: int,
    seed: int,
    shuffle_megabytes: float = 64,
) -> tf.data.Dataset:
    """Returns endless shuffled batches of the training split, the same for the same arguments.

    Args:
        problem: the problem; a reversed one reads the data of its base.
        data_dir: folder of generated data.
        batch: padded positions or examples per batch.
        max_length: longest example in ids that is kept, end of sequence included; 0 means any.
        seed: seed of the order.
        shuffle_megabytes: memory for the shuffle buffer of this data set, in 10**6 bytes.

    Returns:
        A data set of {"inputs": int32[B, L], "targets": int32[B, T]}, padded with 0 to the
        longest of the batch.

    Raises:
        UserError: as `open_data`; also if no example is short enough, or one does not fit into
            `batch`.

    Example:
        With `BatchSpec(tokens=8)` two examples [5, 1] -> [6, 7, 1] and [8, 9, 1] -> [4, 1] give
        inputs [[5, 1, 0], [8, 9, 1]] and targets [[6, 7, 1], [4, 1, 0]].
    """
    info = open_data(problem, data_dir)
    longest = _longest_kept(info, "train", max_length, problem.name)
    if batch.tokens and longest > batch.tokens:
        raise UserError(
            f"The training data of problem {problem.name} has an example longer than a batch",
            expected=f"a batch of at least {longest} tokens, or a smaller max_length",
            received={"tokens": batch.tokens, "max_length": max_length},
        )
    dataset = read_examples(info, "train", problem, with_text=False, seed=seed)
    if dropped_examples(info, "train", max_length):
        dataset = dataset.filter(lambda example: example_length(example) <= max_length)
    dataset = dataset.shuffle(
        shuffle_buffer_size(info, shuffle_megabytes), seed=seed, reshuffle_each_iteration=True
    ).repeat()
    boundaries = bucket_boundaries(longest)
    dataset = dataset.bucket_by_sequence_length(
        example_length,
        bucket_boundaries=[boundary + 1 for boundary in boundaries[:-1]],
        bucket_batch_sizes=batch_sizes(boundaries, batch),
        padding_values=PAD_ID,
    )
    options = tf.data.Options()
    options.deterministic = True
    return dataset.prefetch(2).with_options(options)


def evaluation_dataset(
    problem: Problem,
    split: str,
    *,
    data_dir: str | Path,
    batch: BatchSpec,
    max_length: int = 0,
    limit: int = 0,
) -> tf.data.Dataset:
    """Returns the batches of a split, once, in stored order.

    Args:
        problem: the problem; a reversed one reads the data of its base.
        split: name of the split.
        data_dir: folder of generated data.
        batch: padded positions or examples per batch; an example that is longer than `tokens`
            has a batch of its own.
        max_length: longest example in ids that is kept; 0 keeps all.
        limit: number of examples after which to stop; 0 means the whole split.

    Returns:
        A data set of {"inputs": int32[B, L], "targets": int32[B, T], "inputs_text": bytes[B],
        "targets_text": bytes[B]}.

    Raises:
        UserError: as `open_data`; also if the problem has no such split.
    """
    info = open_data(problem, data_dir)
    _longest_kept(info, split, max_length, problem.name)
    dataset = read_examples(info, split, problem, with_text=True)
    if max_length:
        dataset = dataset.filter(lambda example: example_length(example) <= max_length)
    if limit:
        dataset = dataset.take(limit)
    lengths = [int(length) for length in dataset.map(example_length).as_numpy_iterator()]
    return _batch_in_order(dataset, contiguous_batch_sizes(lengths, batch)).prefetch(2)


def _batch_in_order(dataset: tf.data.Dataset, sizes: list[int]) -> tf.data.Dataset:
    """Cuts a data set into padded batches of the given sizes, in order."""
    ends = tf.constant(np.cumsum(sizes), dtype=tf.int64)
    window_sizes = tf.constant(sizes, dtype=tf.int64)
    padding: dict[str, Any] = {
        name: "" if spec.dtype == tf.string else PAD_ID
        for name, spec in dataset.element_spec.items()
    }
    batches = dataset.enumerate().group_by_window(
        key_func=lambda index, _: tf.searchsorted(ends, [index], side="right", out_type=tf.int64)[
            0
        ],
        reduce_func=lambda key, window: window.map(lambda _, example: example).padded_batch(
            window_sizes[key], padding_values=padding
        ),
        window_size_func=lambda key: window_sizes[key],
    )
    return batches.apply(tf.data.experimental.assert_cardinality(len(sizes)))


def shuffle_buffer_size(info: DataInfo, megabytes: float) -> int:
    """Returns how many training examples fit into a shuffle buffer of that many 10**6 bytes."""
    counts = info.lengths["train"]
    num_examples = sum(counts.values())
    mean = sum(length * count for length, count in counts.items()) / num_examples
    per_example = _BYTES_PER_ELEMENT + 2 * 4 * mean
    return int(min(num_examples, max(1, megabytes * 1e6 // per_example)))


def dropped_examples(info: DataInfo, split: str, max_length: int) -> int:
    """Returns how many examples of a split are longer than `max_length` (0: none is)."""
    if not max_length:
        return 0
    return sum(count for length, count in info.lengths[split].items() if length > max_length)


def _longest_kept(info: DataInfo, split: str, max_length: int, name: str) -> int:
    if split not in info.lengths:
        raise UserError(
            f"Problem {name} has no split {split!r}",
            expected=", ".join(info.lengths),
            received={"split": split},
        )
    kept = [length for length in info.lengths[split] if not max_length or length <= max_length]
    if not kept:
        raise UserError(
            f"Every example of problem {name} in split {split!r} is longer than max_length",
            expected=f"at least {min(info.lengths[split])}",
            received={"max_length": max_length},
            fix="Raise data.max_length.",
        )
    return max(kept)


def inspect_records(
    problem: Problem, split: str, *, data_dir: str | Path, limit: int
) -> list[dict[str, Any]]:
    """Returns the first records of a split as a person wants to see them.

    Every shard is compared with its checksum first.

    Args:
        problem: the problem; a reversed one reads the data of its base.
        split: name of the split.
        data_dir: folder of generated data.
        limit: number of records.

    Returns:
        For each record and feature a dict of the raw "text", the "ids" and their "decoded" text.

    Raises:
        UserError: as `open_data`; also if a shard is damaged.
    """
    info = open_data(problem, data_dir)
    info.check_checksums()
    _longest_kept(info, split, 0, problem.name)
    records = read_examples(info, split, problem, with_text=True).take(limit).as_numpy_iterator()
    return [
        {name: _describe(record, name, vocab) for name, vocab in info.vocabularies.items()}
        for record in records
    ]


def _describe(record: Mapping[str, Any], name: str, vocabulary: Vocabulary) -> dict[str, Any]:
    ids = [int(value) for value in record[name]]
    return {
        "text": record[name + TEXT_SUFFIX].decode("utf-8"),
        "ids": ids,
        "decoded": vocabulary.decode(ids),
    }
