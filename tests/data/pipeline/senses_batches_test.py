"""Batches of pictures, sounds, classes and alternatives, from stored records to arrays."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm import Audio, BatchSpec, Image, Problem, registry
from t2t_mm.data.kinds.feature_kind import Limit
from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.data.pipeline.datasets import (
    choose_shuffle_buffer_size,
    make_evaluation_dataset,
    make_training_dataset,
)
from t2t_mm.data.records.stored import open_data
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary

NAMES = ("scenes_for_tests", "thumbs_for_tests", "tones_for_tests")
Batch = dict[str, Any]


@pytest.fixture(params=NAMES)
def problem(request: pytest.FixtureRequest) -> Problem:
    return registry.problem(request.param)


def train(problem: Problem, data_dir: Path, **changes: Any) -> tf.data.Dataset:
    arguments = {"batch": problem.batch, "limits": {}, "seed": 1, **changes}
    return make_training_dataset(problem, data_dir=data_dir, **arguments)


def take(dataset: tf.data.Dataset, number: int) -> list[Batch]:
    return list(itertools.islice(dataset.as_numpy_iterator(), number))


def same(first: list[Batch], second: list[Batch]) -> bool:
    return all(
        np.array_equal(a[name], b[name]) for a, b in zip(first, second, strict=True) for name in a
    )


def evaluate(name: str, data_dir: Path, **changes: Any) -> list[Batch]:
    problem = registry.problem(name)
    arguments = {"batch": problem.batch, **changes}
    return list(make_evaluation_dataset(problem, "test", data_dir=data_dir, **arguments))


def generated(name: str) -> list[dict[str, Any]]:
    return list(registry.problem(name).generate("test"))


def texts(rows: Any) -> list[str]:
    return [ByteVocabulary().decode(row) for row in rows]


def test_pictures_of_own_sizes_are_padded_with_zero_and_measured(senses_dir: Path) -> None:
    expected = {
        example["targets"][0]: choose_kind(Image()).prepare_input(example["inputs"])
        for example in generated("scenes_for_tests")
    }
    found = 0
    for batch in evaluate("scenes_for_tests", senses_dir):
        assert batch["inputs"].dtype == np.float32 and batch["inputs_size"].dtype == np.int32
        assert batch["inputs"].shape[1:3] == tuple(batch["inputs_size"].max(axis=0))
        for row, (height, width), first in zip(
            batch["inputs"], batch["inputs_size"], texts(batch["targets"]), strict=True
        ):
            np.testing.assert_allclose(row[:height, :width], expected[first], atol=1e-5)
            assert not row[height:].any() and not row[:, width:].any()
            found += 1
    assert found == len(expected) == 9


def test_a_batch_is_of_pictures_with_like_numbers_of_patches(senses_dir: Path) -> None:
    sizes = [b["inputs_size"] for b in take(train(registry.problem(NAMES[0]), senses_dir), 40)]
    patches = [(-(-size // 16)).prod(axis=1) for size in sizes]
    assert all(len(one) * one.max() <= 128 for one in patches)
    assert max(len(one) for one in patches) > 4
    assert max(one.max() - one[one > 8].min(initial=99) for one in patches) <= 2
    for size in sizes:
        assert len(set(size[:, 0] > size[:, 1])) == 1, "tall and wide would be padded to a square"


def test_evaluation_reads_the_first_alternative_and_has_all_beside_it(senses_dir: Path) -> None:
    seen = {}
    for batch in evaluate("scenes_for_tests", senses_dir):
        assert set(batch["inputs_text"]) == {b""}
        seen |= dict(zip(texts(batch["targets"]), batch["targets_text"], strict=True))
    expected = [example["targets"] for example in generated("scenes_for_tests")]
    assert seen == {captions[0]: "\n".join(captions).encode() for captions in expected}


@pytest.mark.slow
def test_training_draws_every_alternative_as_often_as_the_others(senses_dir: Path) -> None:
    batches = take(train(registry.problem("scenes_for_tests"), senses_dir), 200)
    drawn = [text for batch in batches for text in texts(batch["targets"])]
    of_three = [int(text[-1]) for text in drawn if int(text.split()[0]) % 3 == 2]
    shares = np.bincount(of_three, minlength=3) / len(of_three)
    assert len(of_three) > 200 and shares.min() > 0.25 and shares.max() < 0.42
    for text in drawn:
        index, rest = text.split()
        number = int(rest[-1])
        assert rest == "x" * (3 * number) + str(number) and number <= int(index) % 3


def test_classes_are_ids_with_their_name_beside_them(senses_dir: Path) -> None:
    batches = evaluate("thumbs_for_tests", senses_dir)
    names = ("up", "down", "green")
    for batch in batches:
        assert batch["targets"].dtype == np.int32 and batch["targets"].ndim == 1
        assert [names[i].encode() for i in batch["targets"]] == batch["targets_text"].tolist()
    ids = np.concatenate([batch["targets"] for batch in batches])
    assert np.bincount(ids).tolist() == [10, 10, 10]


def test_pictures_of_one_size_are_cropped_in_the_middle_at_evaluation(senses_dir: Path) -> None:
    expected = {
        choose_kind(Image(16, 16)).prepare_input(example["inputs"]).round(3).tobytes()
        for example in generated("thumbs_for_tests")
    }
    batches = evaluate("thumbs_for_tests", senses_dir)
    found = {row.round(3).tobytes() for batch in batches for row in batch["inputs"]}
    assert len(found) == 30
    assert found == expected


def test_every_epoch_sees_another_part_of_a_picture(senses_dir: Path) -> None:
    problem = registry.problem("thumbs_for_tests")
    batches = take(train(problem, senses_dir, batch=BatchSpec(examples=30)), 3)
    for batch in batches:
        assert batch["inputs"].shape == (30, 16, 16, 3) and (batch["inputs_size"] == 16).all()
        np.testing.assert_allclose(batch["inputs"].mean(axis=(1, 2, 3)), 0, atol=1e-4)
    seen = {row.tobytes() for batch in batches for row in batch["inputs"]}
    assert len(seen) > 80


def test_sounds_are_padded_spectrograms_with_their_frames(senses_dir: Path) -> None:
    expected = {
        example["targets"]: choose_kind(Audio()).prepare_input(example["inputs"])
        for example in generated("tones_for_tests")
    }
    for batch in evaluate("tones_for_tests", senses_dir):
        assert batch["inputs"].shape[2] == 80 and batch["inputs_size"].shape[1] == 1
        for row, (frames,), text in zip(
            batch["inputs"], batch["inputs_size"], batch["targets_text"], strict=True
        ):
            np.testing.assert_allclose(row[:frames], expected.pop(text.decode()), atol=1e-3)
            assert not row[frames:].any()
    assert not expected


@pytest.mark.slow
def test_a_restored_iterator_goes_on_at_the_very_batch(
    problem: Problem, senses_dir: Path, tmp_path: Path
) -> None:
    """Crops, mirrors and the choice among alternatives go on too, into later epochs."""
    iterator = iter(train(problem, senses_dir))
    for _ in range(5):
        next(iterator)
    path = tf.train.Checkpoint(iterator=iterator).write(str(tmp_path / "checkpoint"))
    expected = [{k: v.numpy() for k, v in next(iterator).items()} for _ in range(20)]

    restored = iter(train(problem, senses_dir))
    tf.train.Checkpoint(iterator=restored).read(path).assert_consumed()
    received = [{k: v.numpy() for k, v in next(restored).items()} for _ in range(20)]
    assert same(received, expected)


@pytest.mark.slow
def test_the_seed_decides_all_that_is_random(senses_dir: Path) -> None:
    problem = registry.problem("scenes_for_tests")
    first = take(train(problem, senses_dir), 3)
    assert same(take(train(problem, senses_dir), 3), first)
    other = take(train(problem, senses_dir, seed=2), 3)
    assert not same([{"t": b["targets"]} for b in first], [{"t": b["targets"]} for b in other])


@pytest.mark.slow
def test_long_pictures_and_sounds_are_left_out_by_their_positions(senses_dir: Path) -> None:
    limits = {"inputs": Limit("twelve", 12)}
    for name, step in (("scenes_for_tests", 16), ("tones_for_tests", 4)):
        batches = take(train(registry.problem(name), senses_dir, limits=limits), 60)
        sizes = np.concatenate([batch["inputs_size"] for batch in batches])
        positions = (-(-sizes // step)).prod(axis=1)
        assert 8 < positions.max() <= 12


def test_the_shuffle_buffer_counts_the_bytes_of_pictures(senses_dir: Path) -> None:
    info = open_data(registry.problem("thumbs_for_tests"), senses_dir)
    assert choose_shuffle_buffer_size(info, 64) == 30
    assert 8 <= choose_shuffle_buffer_size(info, 0.03) <= 13


def test_evaluation_can_be_limited(senses_dir: Path) -> None:
    batches = evaluate("thumbs_for_tests", senses_dir, limit=11)
    assert [len(batch["targets"]) for batch in batches] == [8, 3]
