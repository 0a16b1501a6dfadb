"""Batches of few shapes: every example in the first bucket that holds it, padded to its bucket."""

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm import BatchSpec, registry
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.buckets import PIXELS_APART, Bucket, choose_buckets
from t2t_mm.data.pipeline.datasets import make_training_dataset
from t2t_mm.data.pipeline.grouping import (
    batch_like_lengths,
    list_batch_shapes,
    make_empty_batches,
)
from t2t_mm.data.pipeline.length_limits import find_longest_of_each
from t2t_mm.data.pipeline.length_sample import sample_lengths
from t2t_mm.data.pipeline.record_reading import read_examples
from t2t_mm.data.records.stored import open_data
from t2t_mm.features import Image, Language

Batch = dict[str, Any]
TEXTS = choose_kinds({"inputs": Language(), "targets": Language()})


def shapes_of(batch: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(values.shape) for name, values in batch.items()}


def choose(name: str, data_dir: Path, batch: BatchSpec) -> list[Bucket]:
    problem = registry.problem(name)
    info = open_data(problem, data_dir)
    longest = find_longest_of_each(info, "train", problem, {})
    return choose_buckets([sample_lengths(info, problem, {}, 1)], [longest], batch)


def train(name: str, data_dir: Path, number: int, **changes: Any) -> list[Batch]:
    problem = registry.problem(name)
    arguments: dict[str, Any] = {"batch": problem.batch, "limits": {}, "seed": 1, **changes}
    dataset = make_training_dataset(problem, data_dir=data_dir, **arguments)
    return list(itertools.islice(dataset.as_numpy_iterator(), number))


@pytest.mark.parametrize("name", ["words_for_tests", "words_for_tests_rev"])
def test_texts_have_the_shapes_that_were_listed_and_no_other(name: str, data_dir: Path) -> None:
    tokens = BatchSpec(tokens=512)
    buckets = choose(name, data_dir, tokens)
    assert 2 < len(buckets) <= 6
    batches = train(name, data_dir, 150, batch=tokens, buckets=buckets)
    listed = list_batch_shapes(choose_kinds(registry.problem(name).features), buckets)
    seen = [shapes_of(batch) for batch in batches]
    assert all(shapes in listed for shapes in seen)
    assert all(shapes in seen for shapes in listed)
    for batch in batches:
        lengths = [(batch[side] != 0).sum(axis=1) for side in ("inputs", "targets")]
        (number,) = (i for i, one in enumerate(listed) if one == shapes_of(batch))
        for smaller in buckets[:number]:  # would have held none of these
            fits = [lengths[i] <= smaller.positions[s] for i, s in enumerate(("inputs", "targets"))]
            assert not np.logical_and(*fits).any()


@pytest.mark.slow
def test_all_examples_come_equally_often(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    stored: Counter[bytes] = Counter()
    records = read_examples(open_data(problem, data_dir), "train", problem, with_text=False)
    for record in records.as_numpy_iterator():
        stored[record["targets"].tobytes().rstrip(b"\0")] += 1
    tokens = BatchSpec(tokens=512)
    seen: Counter[bytes] = Counter()
    buckets = choose("words_for_tests", data_dir, tokens)
    for batch in train("words_for_tests", data_dir, 600, batch=tokens, buckets=buckets):
        seen.update(row.tobytes().rstrip(b"\0") for row in batch["targets"])
    assert seen.keys() == stored.keys()
    passes = sum(seen.values()) / sum(stored.values())
    # What is in no batch yet waits with others of its bucket, at most a batch of them.
    assert passes > 5 and all(abs(seen[x] / stored[x] - passes) < 2 for x in stored)


@pytest.mark.slow
def test_sounds_are_padded_to_what_their_bucket_holds(senses_dir: Path) -> None:
    problem = registry.problem("tones_for_tests")
    buckets = choose("tones_for_tests", senses_dir, problem.batch)
    listed = list_batch_shapes(choose_kinds(problem.features), buckets)
    for batch in train("tones_for_tests", senses_dir, 30, buckets=buckets):
        assert shapes_of(batch) in listed
        for sound, (frames,) in zip(batch["inputs"], batch["inputs_size"], strict=True):
            assert sound[:frames].any() and not sound[frames:].any()


def test_pictures_of_their_own_sizes_have_few_sizes_though_none_is_known(senses_dir: Path) -> None:
    problem = registry.problem("scenes_for_tests")
    buckets = choose("scenes_for_tests", senses_dir, problem.batch)
    for batch in train("scenes_for_tests", senses_dir, 30, buckets=buckets):
        rows, height, width, channels = batch["inputs"].shape
        assert height % PIXELS_APART == width % PIXELS_APART == 0 and channels == 3
        assert (rows, batch["targets"].shape[1]) in {
            (bucket.examples, bucket.positions["targets"]) for bucket in buckets
        }
        largest = batch["inputs_size"].max(axis=0)
        assert (height - largest[0] < PIXELS_APART) and (width - largest[1] < PIXELS_APART)
    assert make_empty_batches(choose_kinds(problem.features), buckets) == []


def test_pictures_of_one_size_have_one_shape(senses_dir: Path) -> None:
    problem = registry.problem("thumbs_for_tests")
    (bucket,) = choose("thumbs_for_tests", senses_dir, problem.batch)
    (empty,) = make_empty_batches(choose_kinds(problem.features), [bucket])
    for batch in train("thumbs_for_tests", senses_dir, 9, buckets=[bucket]):
        assert shapes_of(batch) == shapes_of(empty)
        assert {n: v.dtype for n, v in batch.items()} == {n: v.dtype for n, v in empty.items()}


def test_empty_batches_are_of_padding_in_the_types_of_batches() -> None:
    buckets = [Bucket(7, {"inputs": 8, "targets": 12}), Bucket(2, {"inputs": 16, "targets": 30})]
    first, second = make_empty_batches(TEXTS, buckets)
    assert shapes_of(first) == {"inputs": (7, 8), "targets": (7, 12)}
    assert shapes_of(second) == {"inputs": (2, 16), "targets": (2, 30)}
    assert {values.dtype for values in first.values()} == {np.dtype("int32")}
    assert not any(values.any() for values in first.values())
    pictures = choose_kinds({"inputs": Image(8, 8), "targets": Language()})
    (shapes,) = list_batch_shapes(pictures, buckets[:1])
    assert shapes == {"inputs": (7, 8, 8, 3), "inputs_size": (7, 2), "targets": (7, 12)}


def test_like_lengths_are_as_long_as_the_longest_of_the_batch() -> None:
    rows = [[1] * length for length in (3, 12, 4, 11, 3, 4)]
    examples = tf.data.Dataset.from_generator(
        lambda: iter(rows), output_signature=tf.TensorSpec([None], tf.int32)
    )
    numbered = examples.enumerate().map(lambda i, row: (i, {"inputs": row, "targets": row[:2]}))
    batches = batch_like_lengths(numbered, TEXTS, 12, BatchSpec(examples=2), seed=1)
    shapes = [tuple(batch["inputs"].shape) for batch in batches.as_numpy_iterator()]
    assert shapes == [(2, 4), (2, 4), (1, 12), (1, 11)] or shapes == [
        (2, 4),
        (2, 4),
        (1, 11),
        (1, 12),
    ]
