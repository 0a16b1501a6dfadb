"""Records into shards: all fields, as many shards as asked, the same bytes, and all at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from t2t_mm import Categorical, Language, Problem
from t2t_mm.data.generation.record_writer import (
    ProblemBuilder,
    declare_tfds_features,
    write_records,
)


class Named(Problem):
    """Texts and their classes."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Categorical(num_classes=2)}
    version = "2.1.0"


def make_records(number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for index in range(number):
        ids = np.arange(index + 1, dtype=np.int32)
        record = {"inputs": f"text {index}", "inputs_ids": ids, "targets": str(index % 2)}
        yield f"0_{index}", {**record, "targets_ids": ids[:1]}


def write(
    problem: Problem, data_dir: Path, sizes: Mapping[str, int], num_shards: int = 0
) -> list[Path]:
    """Write that many records of each split; return the folders that `finish` saw."""
    finished: list[Path] = []

    def finish(folder: Path) -> None:
        assert list(folder.glob("*.tfrecord-*")), "the shards are there before the folder's name"
        (folder / "facts.txt").write_text("more than records")
        finished.append(folder)

    splits = {split: make_records(number) for split, number in sizes.items()}
    write_records(ProblemBuilder(problem, data_dir, splits, finish), num_shards=num_shards)
    return finished


def test_records_come_back_with_all_their_fields(tmp_path: Path) -> None:
    write(Named(), tmp_path, {"train": 5, "test": 1})
    builder = tfds.builder_from_directory(str(tmp_path / "named/2.1.0"))
    assert {split: info.num_examples for split, info in builder.info.splits.items()} == {
        "train": 5,
        "test": 1,
    }
    records = sorted(
        builder.as_dataset(split="train").as_numpy_iterator(), key=lambda one: one["inputs"]
    )
    for one, (_, expected) in zip(records, make_records(5), strict=True):
        assert (one["inputs"], one["targets"]) == (
            expected["inputs"].encode(),
            expected["targets"].encode(),
        )
        assert one["inputs_ids"].tolist() == expected["inputs_ids"].tolist()
        assert one["inputs_ids"].dtype == np.int32


def test_a_folder_appears_whole_with_what_was_written_last(tmp_path: Path) -> None:
    (unnamed,) = write(Named(), tmp_path, {"train": 3})
    assert unnamed.name.startswith("incomplete.") and not unnamed.exists()
    assert [path.name for path in (tmp_path / "named").iterdir()] == ["2.1.0"]
    assert (tmp_path / "named/2.1.0/facts.txt").read_text() == "more than records"


def test_an_error_at_the_end_leaves_no_folder(tmp_path: Path) -> None:
    def finish(folder: Path) -> None:
        raise KeyError("facts")

    with pytest.raises(KeyError, match="facts"):
        write_records(
            ProblemBuilder(Named(), tmp_path, {"train": make_records(3)}, finish), num_shards=1
        )
    assert not (tmp_path / "named/2.1.0").exists()


def test_there_are_as_many_shards_as_asked_but_never_an_empty_one(tmp_path: Path) -> None:
    write(Named(), tmp_path, {"train": 10, "test": 2}, num_shards=4)
    folder = tmp_path / "named/2.1.0"
    assert len(list(folder.glob("named-train.tfrecord-*-of-00004"))) == 4
    assert len(list(folder.glob("named-test.tfrecord-*-of-00002"))) == 2


def test_an_argument_is_a_folder_between_name_and_version(tmp_path: Path) -> None:
    write(Named(name="named/en-de"), tmp_path, {"train": 1})
    assert (tmp_path / "named/en-de/2.1.0/dataset_info.json").is_file()


def test_fields_of_a_record_lie_in_order(tmp_path: Path) -> None:
    write(Named(), tmp_path, {"train": 4}, num_shards=1)
    (shard,) = (tmp_path / "named/2.1.0").glob("*.tfrecord-*")
    for serialized in tf.data.TFRecordDataset(str(shard)).as_numpy_iterator():
        example = tf.train.Example.FromString(serialized)
        assert serialized == example.SerializeToString(deterministic=True)
        places = [serialized.index(name.encode()) for name in sorted(example.features.feature)]
        assert places == sorted(places)


def test_what_has_ids_has_a_field_for_them() -> None:
    fields = declare_tfds_features(Named())
    assert list(fields) == ["inputs", "inputs_ids", "targets", "targets_ids"]
    assert fields["inputs_ids"].dtype == np.int32
