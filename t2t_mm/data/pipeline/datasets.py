"""Stored records into batches.

    records on disk      {"inputs_ids": int32[L], "targets_ids": int32[T], + raw texts}, or files
      parse, check         every id lies in its vocabulary
      exchange             a reversed problem swaps inputs and targets
      filter               a feature longer than its limit: out (see `length_limits`)
      shuffle, repeat      seeded, anew in every epoch; pictures and sounds still encoded
      number, choose       the place in the stream is the key of all that is random; alternatives
      bucket               like lengths together, until there are enough for a batch
      decode, pad          crop, flip, spectrogram: {"inputs": int32[B, L], "targets": int32[B, T]},
                           {"inputs": float32[B, H, W, C], "inputs_size": int32[B, 2], ...}

Pictures and sounds are decoded when their batch is made, so that no more than a few batches of
them are ever in memory, or in the checkpoint of an iterator. Only ops whose place can be saved are
used, so that `tf.train.Checkpoint(iterator=iter(...))` goes on at the very batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.batching import group_in_order, pad_arrays
from t2t_mm.data.pipeline.buckets import SIDES, Bucket
from t2t_mm.data.pipeline.example_values import (
    Example,
    choose_values,
    decode_examples,
    prepare_values,
)
from t2t_mm.data.pipeline.grouping import batch_in_buckets, batch_like_lengths
from t2t_mm.data.pipeline.length_limits import (
    Limits,
    count_dropped_examples,
    find_longest_kept,
    is_within_limits,
)
from t2t_mm.data.pipeline.record_reading import measure_example, read_examples
from t2t_mm.data.pipeline.stochastic import Dice
from t2t_mm.data.pipeline.tuning import leave_tuning_out
from t2t_mm.data.records.stored import DataInfo, check_split, open_data
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec

# What an element costs in a shuffle buffer beside its bytes: its tensors and their bookkeeping.
_BYTES_PER_ELEMENT = 600
_BATCHES_AHEAD = 2
_EXAMPLES_AHEAD = 32


def make_training_dataset(
    problem: Problem,
    *,
    data_dir: str | Path,
    batch: BatchSpec,
    limits: Limits,
    seed: int,
    shuffle_megabytes: float = 64,
    buckets: Sequence[Bucket] = (),
    share: float = 1.0,
) -> tf.data.Dataset:
    """Return endless shuffled batches of the training split, the same for the same arguments.

    Args:
        problem: The problem; a reversed one reads the data of its base.
        data_dir: Folder of generated data.
        batch: Padded positions or examples per batch.
        limits: Longest values that are kept, by feature; one without a limit is of any length.
        seed: Seed of the order, of crops and flips, and of the choice among alternatives.
        shuffle_megabytes: Memory for the shuffle buffer of this data set, in 10**6 bytes.
        buckets: All batches have the shapes of these, as `choose_buckets` chose them for this
            batch and these limits; none: batches of every shape.
        share: Of the training examples, which are read: the first ones, stored in random order.

    Returns:
        A data set of {"inputs": int32[B, L], "targets": int32[B, T]}, padded with 0 to the
        longest of the batch, or to its bucket. Pictures are float32[B, H, W, C], sounds
        float32[B, frames, bands] or float32[B, samples], with their real extents as
        "inputs_size": int32[B, 2 or 1]; classes are int32[B].

    Raises:
        UserError: As `open_data`; also if no example is short enough, or one that is kept does not
            fit into `batch`.

    Example:
        >>> from t2t_mm import registry
        >>> batches = make_training_dataset(
        ...     registry.problem("mini_ende"),
        ...     data_dir="demo/data",
        ...     batch=BatchSpec(tokens=1024),
        ...     limits={},
        ...     seed=1,
        ... )
        >>> batch = next(batches.as_numpy_iterator())
        >>> sorted(batch), batch["inputs"].size <= 1024
        (['inputs', 'targets'], True)
    """
    info = open_data(problem, data_dir, share)
    longest = find_longest_kept(info, "train", problem, limits)
    if batch.tokens and longest > batch.tokens:
        settings = ", ".join(dict.fromkeys(limit.setting for limit in limits.values()))
        raise UserError(
            f"The training data of problem {problem.name} has an example longer than a batch",
            expected=f"a batch of at least {longest} tokens, or a smaller limit",
            received={"tokens": batch.tokens, "limits": settings or "none"},
        )
    # No net reads what else a problem declares.
    read = {name: spec for name, spec in problem.features.items() if name in SIDES}
    kinds = choose_kinds(read, info.vocabularies)
    dataset = read_examples(info, "train", problem, with_text=False, seed=seed, only=SIDES)
    if dropped := count_dropped_examples(info, "train", problem, limits):
        dataset = dataset.filter(lambda one: is_within_limits(one, dropped, kinds))
        may_be_empty = sum(one.number for one in dropped) >= info.sizes["train"]
        if may_be_empty and next(iter(dataset), None) is None:
            raise UserError(
                f"No training example of problem {problem.name} is within all limits",
                received={"data": "; ".join(map(str, dropped))},
                fix="Raise one of the limits.",
            )
    buffer_size = choose_shuffle_buffer_size(info, shuffle_megabytes)
    dataset = dataset.shuffle(buffer_size, seed=seed, reshuffle_each_iteration=True).repeat()
    dataset = dataset.enumerate().map(
        lambda place, example: (place, choose_values(example, kinds, Dice(seed, place)))
    )
    if buckets:
        dataset = batch_in_buckets(dataset, kinds, buckets, seed)
    else:
        dataset = batch_like_lengths(dataset, kinds, longest, batch, seed)
    options = tf.data.Options()
    options.deterministic = True
    return dataset.prefetch(_BATCHES_AHEAD).with_options(options)


def make_evaluation_dataset(
    problem: Problem,
    split: str,
    *,
    data_dir: str | Path,
    batch: BatchSpec,
    limit: int = 0,
    limits: Limits | None = None,
) -> EvaluationDataset:
    """Return the batches of a split, once, in stored order.

    Args:
        problem: The problem; a reversed one reads the data of its base.
        split: Name of the split.
        data_dir: Folder of generated data.
        batch: Padded positions or examples per batch; an example that is longer than `tokens`
            has a batch of its own.
        limit: Number of examples after which to stop; 0 means the whole split.
        limits: Longest values that are kept, by feature, as for training; None: of any length.

    Returns:
        What `make_training_dataset` holds as arrays, without chance and with the first of several
        alternatives; beside it "inputs_text" and "targets_text": bytes[B], alternatives as lines,
        the name of a class, "" of a picture or sound.

    Raises:
        UserError: As `open_data`; also if the problem has no such split.
    """
    info = open_data(problem, data_dir)
    check_split(info, split, problem.name)
    num_examples = info.sizes[split]
    kinds = choose_kinds(problem.features, info.vocabularies)
    dataset = read_examples(info, split, problem, with_text=True)
    dropped = count_dropped_examples(info, split, problem, limits or {})
    if dropped:
        dataset = dataset.filter(lambda one: is_within_limits(one, dropped, kinds))
        num_examples -= dropped[0].number
    if limit:
        dataset = dataset.take(limit)
    if len(dropped) > 1 or not all(one.is_exact for one in dropped):
        # One example may be too long in several features: only reading tells how many are left.
        num_examples = int(dataset.reduce(np.int64(0), lambda number, _: number + 1))

    def decode(example: Example) -> tuple[tf.Tensor, Example]:
        chosen = choose_values(example, kinds, None)
        return measure_example(chosen, kinds), prepare_values(chosen, kinds, None)

    examples = leave_tuning_out(decode_examples(dataset, decode, kinds).prefetch(_EXAMPLES_AHEAD))
    return EvaluationDataset(
        examples, batch, min(num_examples, limit or num_examples), "; ".join(map(str, dropped))
    )


@dataclass(frozen=True)
class EvaluationDataset:
    """Batches in stored order, in which each example is read, measured and decoded once.

    It may be iterated over several times. The batches are cut here, not by tf.data, which has to
    know how many examples a batch has before it sees their lengths.

    Args:
        examples: A data set of (length in positions, what a batch holds of the example).
        batch: Padded positions or examples of a batch.
        num_examples: In all batches together.
        left_out: What was longer than a limit, for a person; empty: nothing.
    """

    examples: tf.data.Dataset
    batch: BatchSpec
    num_examples: int
    left_out: str = ""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for group in group_in_order(self.examples.as_numpy_iterator(), self.batch):
            yield {name: pad_arrays([example[name] for example in group]) for name in group[0]}


def choose_shuffle_buffer_size(info: DataInfo, megabytes: float) -> int:
    """Compute how many training examples fit into a shuffle buffer of that many 10**6 bytes."""
    num_examples = info.sizes["train"]
    stored = sum(shard.bytes for shard in info.metadata.list_shards("train"))
    per_example = _BYTES_PER_ELEMENT + stored * info.share / num_examples
    return int(min(num_examples, max(1, megabytes * 1e6 // per_example)))
