import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm import BatchSpec, Language, Problem, UserError, registry
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.generation.workers import generate_records
from t2t_mm.data.kinds.feature_kind import Limit
from t2t_mm.data.pipeline import datasets
from t2t_mm.data.pipeline.buckets import Bucket
from t2t_mm.data.pipeline.datasets import (
    choose_shuffle_buffer_size,
    make_evaluation_dataset,
    make_training_dataset,
)
from t2t_mm.data.pipeline.length_limits import choose_limits
from t2t_mm.data.pipeline.record_reading import read_examples
from t2t_mm.data.records.stored import open_data
from t2t_mm.settings import DataHParams

TOKENS = BatchSpec(tokens=512)
Batch = dict[str, Any]


@pytest.fixture(params=["words_for_tests", "words_for_tests_rev"])
def problem(request: pytest.FixtureRequest) -> Problem:
    return registry.problem(request.param)


def train(problem: Problem, data_dir: Path, **changes: Any) -> tf.data.Dataset:
    arguments: dict[str, Any] = {"batch": TOKENS, "limits": {}, "seed": 1, **changes}
    return make_training_dataset(problem, data_dir=data_dir, **arguments)


def take(dataset: tf.data.Dataset, number: int) -> list[Batch]:
    return list(itertools.islice(dataset.as_numpy_iterator(), number))


def examples_of(batches: list[Batch]) -> list[tuple[bytes, bytes]]:
    return [
        (row.tobytes().rstrip(b"\0"), target.tobytes().rstrip(b"\0"))
        for batch in batches
        for row, target in zip(batch["inputs"], batch["targets"], strict=True)
    ]


def stored_examples(data_dir: Path, split: str, exchanged: bool) -> Counter[tuple[bytes, bytes]]:
    """What the problem generates, encoded, without any of the code that reads."""
    base = registry.problem("words_for_tests")
    names = ("targets_ids", "inputs_ids") if exchanged else ("inputs_ids", "targets_ids")
    records = generate_records(base, split, data_dir, GenerationOptions())
    return Counter(
        tuple(record[name].tobytes().rstrip(b"\0") for name in names) for _, record in records
    )  # type: ignore[return-value]


def same(first: list[Batch], second: list[Batch]) -> bool:
    return len(first) == len(second) and all(
        np.array_equal(a[name], b[name])
        for a, b in zip(first, second, strict=True)
        for name in ("inputs", "targets")
    )


@pytest.mark.slow
def test_of_a_share_the_same_examples_come_in_every_epoch(problem: Problem, data_dir: Path) -> None:
    size = open_data(problem, data_dir).sizes["train"]
    assert open_data(problem, data_dir, 0.25).sizes["train"] == size // 4
    everything = set(examples_of(take(train(problem, data_dir), 2 * size)))
    quarter = Counter(examples_of(take(train(problem, data_dir, share=0.25), size)))
    assert set(quarter) < everything and len(quarter) <= size // 4
    assert set(quarter) == set(
        examples_of(take(train(problem, data_dir, share=0.25, seed=2), size))
    )


def test_batches_keep_to_the_budget_and_pad_with_zero_at_the_end(
    problem: Problem, data_dir: Path
) -> None:
    for batch in take(train(problem, data_dir), 60):
        inputs, targets = batch["inputs"], batch["targets"]
        assert inputs.dtype == targets.dtype == np.int32
        assert len(inputs) * max(inputs.shape[1], targets.shape[1]) <= 512
        for rows in (inputs, targets):
            lengths = (rows != 0).sum(axis=1)
            assert lengths.max() == rows.shape[1]
            for row, length in zip(rows, lengths, strict=True):
                assert row[length - 1] == 1 and not row[length:].any()


def test_little_of_a_batch_is_padding(data_dir: Path) -> None:
    batches = take(train(registry.problem("words_for_tests"), data_dir), 200)
    longer = [np.maximum((b["inputs"] != 0).sum(1), (b["targets"] != 0).sum(1)) for b in batches]
    filled = sum(lengths.sum() for lengths in longer)
    assert filled > 0.9 * sum(len(lengths) * lengths.max() for lengths in longer)


def test_an_example_budget_gives_batches_of_that_many(data_dir: Path) -> None:
    dataset = train(registry.problem("words_for_tests"), data_dir, batch=BatchSpec(examples=7))
    assert {len(batch["inputs"]) for batch in take(dataset, 40)} == {7}


def test_every_epoch_has_every_example_once(problem: Problem, data_dir: Path) -> None:
    """One example per batch leaves no one behind in a bucket."""
    batches = take(train(problem, data_dir, batch=BatchSpec(examples=1)), 600)
    epochs = [examples_of(batches[:300]), examples_of(batches[300:])]
    expected = stored_examples(data_dir, "train", exchanged=problem.exchanged)
    assert Counter(epochs[0]) == Counter(epochs[1]) == expected
    assert epochs[0] != epochs[1]


def test_the_seed_decides_the_order(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    first = take(train(problem, data_dir), 30)
    assert same(take(train(problem, data_dir), 30), first)
    assert not same(take(train(problem, data_dir, seed=2), 30), first)


@pytest.mark.slow
@pytest.mark.parametrize("position", [1, 45, 170])
def test_a_restored_iterator_goes_on_at_the_very_batch(
    problem: Problem, data_dir: Path, tmp_path: Path, position: int
) -> None:
    """Within the first epoch, and within later ones (an epoch is about 60 batches)."""
    iterator = iter(train(problem, data_dir))
    for _ in range(position):
        next(iterator)
    path = tf.train.Checkpoint(iterator=iterator).write(str(tmp_path / "checkpoint"))
    expected = [{k: v.numpy() for k, v in next(iterator).items()} for _ in range(150)]

    restored = iter(train(problem, data_dir))
    tf.train.Checkpoint(iterator=restored).read(path).assert_consumed()
    received = [{k: v.numpy() for k, v in next(restored).items()} for _ in range(150)]
    assert same(received, expected)


def test_long_examples_are_left_out_and_counted(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    expected = Counter()
    for (inputs, targets), number in stored_examples(data_dir, "train", False).items():
        if len(inputs) <= 4 * 60 and len(targets) <= 4 * 90:  # int32 ids
            expected[inputs, targets] = number
    limits = {"inputs": Limit("inputs=60", 60), "targets": Limit("targets=90", 90)}
    batches = take(
        train(problem, data_dir, limits=limits, batch=BatchSpec(examples=1)), expected.total()
    )
    assert 0 < expected.total() < 300
    assert Counter(examples_of(batches)) == expected


def test_a_length_that_leaves_nothing_is_refused(data_dir: Path) -> None:
    limits = {"inputs": Limit("data.max_pieces=1", 1)}
    with pytest.raises(UserError, match=r"has inputs longer than data.max_pieces=1"):
        train(registry.problem("words_for_tests"), data_dir, limits=limits)


@registry.register_problem("seesaw_for_tests")
class Seesaw(Problem):
    """The longer the input, the shorter the target."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}
    splits = ("train",)

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        for length in range(1, 20):
            yield {"inputs": "a" * length, "targets": "a" * (20 - length)}


@pytest.mark.parametrize(("limit", "is_enough"), [(5, False), (11, True)])
def test_limits_that_leave_nothing_together_are_refused(
    tmp_path: Path, limit: int, is_enough: bool
) -> None:
    options = GenerationOptions(progress=False)
    generate_data("seesaw_for_tests", data_dir=tmp_path, options=options)
    limits = {name: Limit(f"{name} of {limit}", limit) for name in ("inputs", "targets")}
    problem = registry.problem("seesaw_for_tests")
    if is_enough:
        (batch,) = take(train(problem, tmp_path, limits=limits, batch=BatchSpec(examples=1)), 1)
        assert batch["inputs"].shape == batch["targets"].shape == (1, 11)
        return
    with pytest.raises(UserError, match="of problem seesaw_for_tests is within all limits"):
        train(problem, tmp_path, limits=limits)


def test_an_example_longer_than_a_batch_is_refused(data_dir: Path) -> None:
    with pytest.raises(UserError, match=r"longer than a batch.*Received: tokens=50"):
        train(registry.problem("words_for_tests"), data_dir, batch=BatchSpec(tokens=50))


def test_the_shuffle_buffer_is_bounded_in_bytes(data_dir: Path) -> None:
    info = open_data(registry.problem("words_for_tests"), data_dir)
    assert choose_shuffle_buffer_size(info, 64) == 300
    assert 50 <= choose_shuffle_buffer_size(info, 0.1) <= 150
    assert choose_shuffle_buffer_size(info, 0) == 1


def test_evaluation_reads_all_in_stored_order(problem: Problem, data_dir: Path) -> None:
    small, large = (
        list(
            make_evaluation_dataset(
                problem, "test", data_dir=data_dir, batch=BatchSpec(tokens=tokens)
            )
        )
        for tokens in (300, 4096)
    )
    examples = examples_of(small)
    assert Counter(examples) == stored_examples(data_dir, "test", exchanged=problem.exchanged)
    assert examples_of(large) == examples
    assert len(small) > len(large)
    for batch in small:
        longest = max(batch["inputs"].shape[1], batch["targets"].shape[1])
        assert len(batch["inputs"]) * longest <= 300 or len(batch["inputs"]) == 1


def test_evaluation_keeps_the_raw_text_beside_the_ids(problem: Problem, data_dir: Path) -> None:
    vocabularies = open_data(problem, data_dir).vocabularies
    for batch in make_evaluation_dataset(problem, "validation", data_dir=data_dir, batch=TOKENS):
        for name in ("inputs", "targets"):
            texts = [text.decode() for text in batch[f"{name}_text"]]
            assert [vocabularies[name].decode(row) for row in batch[name]] == texts
        for source, target in zip(batch["inputs_text"], batch["targets_text"], strict=True):
            assert source.decode().split() == target.decode().split()[::-1]


def test_evaluation_can_be_limited(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    dataset = make_evaluation_dataset(problem, "test", data_dir=data_dir, batch=TOKENS, limit=11)
    assert sum(len(batch["inputs"]) for batch in dataset) == dataset.num_examples == 11


def test_evaluation_is_bounded_as_training_is_and_counts_what_is_left_out(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    given = {"data_dir": data_dir, "batch": TOKENS}
    every = list(make_evaluation_dataset(problem, "test", **given))
    lengths = [int((row > 0).sum()) for batch in every for row in batch["inputs"]]
    limit = sorted(lengths)[20]
    limits = {"inputs": Limit(f"data.max_pieces={limit}", limit)}
    bounded = make_evaluation_dataset(problem, "test", limits=limits, **given)
    kept = [int((row > 0).sum()) for batch in bounded for row in batch["inputs"]]
    assert kept == [length for length in lengths if length <= limit] and len(kept) < 40
    assert bounded.num_examples == len(kept)
    assert f"{40 - len(kept)} dropped: inputs longer than data.max_pieces" in bounded.left_out
    assert make_evaluation_dataset(problem, "test", **given).left_out == ""


def test_an_example_that_is_too_long_on_both_sides_is_left_out_once(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    given = {"data_dir": data_dir, "batch": BatchSpec(examples=1)}
    every = [
        {name: int((batch[name] > 0).sum()) for name in ("inputs", "targets")}
        for batch in make_evaluation_dataset(problem, "test", **given)
    ]
    limits = {
        name: Limit(name, sorted(one[name] for one in every)[14]) for name in ("inputs", "targets")
    }
    kept = sum(all(one[name] <= limits[name].positions for name in limits) for one in every)
    assert 0 < kept <= 15
    for limit in (0, 3):
        dataset = make_evaluation_dataset(problem, "test", limits=limits, limit=limit, **given)
        assert dataset.num_examples == len(list(dataset)) == (limit or kept)


def test_evaluation_reads_each_example_once_and_only_when_it_is_wanted(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[bytes] = []

    def note(text: bytes) -> bytes:
        read.append(text)
        return text

    def read_noted(*arguments: Any, **options: Any) -> tf.data.Dataset:
        def note_example(example: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
            text = tf.numpy_function(note, [example["inputs_text"]], tf.string)
            return {**example, "inputs_text": tf.ensure_shape(text, [])}

        return read_examples(*arguments, **options).map(note_example)

    monkeypatch.setattr(datasets, "read_examples", read_noted)
    problem = registry.problem("words_for_tests")
    dataset = make_evaluation_dataset(problem, "test", data_dir=data_dir, batch=TOKENS)
    assert read == []
    texts = [text for batch in dataset for text in batch["inputs_text"]]
    assert read == texts and len(texts) == dataset.num_examples == 40


def test_an_unknown_split_is_refused(data_dir: Path) -> None:
    problem = registry.problem("words_for_tests")
    with pytest.raises(UserError, match=r"no split 'dev'\. Expected: train, validation, test"):
        make_evaluation_dataset(problem, "dev", data_dir=data_dir, batch=TOKENS)


@registry.register_problem("spoken_for_tests")
class Spoken(Problem):
    """Letters, and whose they are, which no net reads."""

    modalities: ClassVar = {
        "speaker": Language("bytes"),
        "inputs": Language("bytes"),
        "targets": Language("bytes"),
    }

    def generate(self, split: str) -> Iterator[dict[str, Any]]:
        for length in range(1, 20):
            yield {"inputs": "a" * length, "targets": "b", "speaker": "Bob " * 200 * length}


def test_what_no_net_reads_is_in_no_batch_and_has_no_limit(tmp_path: Path) -> None:
    generate_data("spoken_for_tests", data_dir=tmp_path, options=GenerationOptions(progress=False))
    spoken = registry.problem("spoken_for_tests")
    limits = choose_limits(spoken, DataHParams(max_pieces=16))
    assert set(limits) == {"inputs", "targets"}
    bucket = Bucket(4, {"inputs": 16, "targets": 8})
    for buckets in ((), (bucket,)):
        batches = take(train(spoken, tmp_path, limits=limits, buckets=buckets), 8)
        assert all(set(batch) == {"inputs", "targets"} for batch in batches)
        longest = max((row != 0).sum() for batch in batches for row in batch["inputs"])
        assert longest == 16  # fifteen letters and the end; their speaker has thousands
