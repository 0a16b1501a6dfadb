"""Records in the order of TFDS's own reader, from wherever the files lie now."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from t2t_mm import Language, Problem, UserError, registry
from t2t_mm.data.generation.beam_generation import count_records
from t2t_mm.data.generation.counting import Tally
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.pipeline.input_streams import InputStreams
from t2t_mm.data.pipeline.record_files import read_record_files
from t2t_mm.data.records.quiet_tfds import silence_tfds
from t2t_mm.data.records.stored import DataInfo, open_data

FIELDS = {"inputs_ids": True, "targets": False}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    options = GenerationOptions(num_shards=4, max_cases=90)
    generate_data("algorithmic_copy", data_dir=folder, options=options)
    return folder


def open_copy(data_dir: Path) -> DataInfo:
    return open_data(registry.problem("algorithmic_copy"), data_dir)


def collect(dataset: tf.data.Dataset) -> list[tuple[list[int], bytes]]:
    return [(one["inputs_ids"].tolist(), one["targets"]) for one in dataset.as_numpy_iterator()]


def read_by_tfds(info: DataInfo, split: str, seed: int | None) -> tf.data.Dataset:
    config = tfds.ReadConfig(
        try_autocache=False,
        skip_prefetch=True,
        shuffle_seed=seed,
        shuffle_reshuffle_each_iteration=True,
        interleave_cycle_length=1 if seed is None else 8,
        num_parallel_calls_for_interleave_files=1,
        num_parallel_calls_for_decode=2,
    )
    with silence_tfds():
        return tfds.builder_from_directory(str(info.folder)).as_dataset(
            split=split,
            shuffle_files=seed is not None,
            read_config=config,
            decoders=tfds.decode.PartialDecoding(dict.fromkeys(sorted(FIELDS), True)),
        )


@pytest.mark.parametrize("seed", [None, 5])
def test_the_order_is_that_of_tfds_in_every_epoch(data_dir: Path, seed: int | None) -> None:
    info = open_copy(data_dir)
    ours, theirs = read_record_files(info, "train", FIELDS, seed), read_by_tfds(info, "train", seed)
    assert collect(ours.repeat(2)) == collect(theirs.repeat(2))
    assert ours.cardinality().numpy() == 90


def test_the_first_ones_are_read_where_a_share_is_wanted(data_dir: Path) -> None:
    info = replace(open_copy(data_dir), share=0.4)
    found = collect(read_record_files(info, "train", FIELDS))
    assert found == collect(read_record_files(open_copy(data_dir), "train", FIELDS))[:36]
    with pytest.raises(UserError, match=r"dataset_info\.json is damaged"):
        read_record_files(replace(info, folder=data_dir), "train", FIELDS)


@registry.register_problem("easy_and_hard_for_tests")
class EasyAndHard(Problem):
    """Two splits, of which one's name is the end of the other's."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}
    splits = ("train", "test", "hard-test")

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        for number in range(3):
            yield {"inputs": "a", "targets": f"{split} {number}"}


def test_a_split_whose_name_ends_as_another_is_read_by_itself(tmp_path: Path) -> None:
    (made,) = generate_data("easy_and_hard_for_tests", data_dir=tmp_path)
    info = open_data(registry.problem("easy_and_hard_for_tests"), tmp_path)
    for split in ("test", "hard-test"):
        found = collect(read_record_files(info, split, FIELDS))
        assert sorted(text.decode() for _, text in found) == [f"{split} {n}" for n in range(3)]
        assert (made.splits[split].examples, made.splits[split].shards) == (3, 1)
    tallies = {"test": Tally()}
    count_records(registry.problem(info.name), tmp_path, info.folder, tallies)
    assert tallies["test"].lengths == info.lengths["test"]


def write_position(folder: Path, dataset: tf.data.Dataset) -> str:
    streams = InputStreams({"a": dataset})
    for _ in range(50):
        streams.read("a")
    return str(streams.make_checkpoint().write(str(folder / "input")))


def read_from(dataset: tf.data.Dataset, position: str) -> list[Any]:
    streams = InputStreams({"a": dataset})
    assert streams.restore(position) == []
    return [np.asarray(streams.read("a")["inputs_ids"]).tolist() for _ in range(60)]


@pytest.mark.parametrize("by_tfds", [False, True])
def test_a_position_is_one_in_the_data_that_is_given_now(
    data_dir: Path, tmp_path: Path, by_tfds: bool
) -> None:
    first = Path(shutil.copytree(data_dir, tmp_path / "first [1]*"))
    info = open_copy(first)
    dataset = read_by_tfds if by_tfds else lambda *given: read_record_files(*given[:2], FIELDS, 5)
    position = write_position(tmp_path, dataset(info, "train", 5).repeat())
    expected = read_from(read_record_files(info, "train", FIELDS, 5).repeat(), position)

    moved = Path(shutil.move(first, tmp_path / "moved"))
    options = GenerationOptions(num_shards=4, max_cases=90, random_seed=7)
    generate_data("algorithmic_copy", data_dir=first, options=options)  # other data lies there now
    again = read_record_files(open_copy(moved), "train", FIELDS, 5).repeat()
    assert read_from(again, position) == expected
