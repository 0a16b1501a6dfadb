"""Positions of several streams, of names with slashes, come back; one that fits not begins anew."""

from pathlib import Path

import pytest
import tensorflow as tf

from t2t_mm.data.pipeline.input_streams import InputStreams
from t2t_mm.data.pipeline.tuning import leave_tuning_out
from t2t_mm.errors import UserError


def start(**changed: tf.data.Dataset) -> InputStreams:
    plain = tf.data.Dataset.range(10)
    return InputStreams({"a/b": plain, "c": plain} | changed)


def read(streams: InputStreams, name: str, count: int) -> list[int]:
    return [int(streams.read(name)) for _ in range(count)]


@pytest.fixture
def saved(tmp_path: Path) -> str:
    streams = start()
    assert read(streams, "a/b", 3) + read(streams, "c", 1) == [0, 1, 2, 0]
    return str(streams.make_checkpoint().write(str(tmp_path / "input")))


def test_each_stream_goes_on_where_it_was(saved: str) -> None:
    others = start()
    assert others.restore(saved) == []
    assert read(others, "a/b", 1) + read(others, "c", 1) == [3, 1]


@pytest.mark.parametrize("name", ["run[lr=0.1]", "a*b?", "back\\slash"])
def test_signs_that_are_patterns_elsewhere_are_part_of_a_name(name: str, tmp_path: Path) -> None:
    streams, others = start(), start()
    assert read(streams, "c", 2) == [0, 1]
    (tmp_path / name).mkdir()
    saved = str(streams.make_checkpoint().write(str(tmp_path / name / "input")))
    assert others.restore(saved) == [] and read(others, "c", 1) == [2]
    with pytest.raises(UserError, match="damaged or missing"):
        others.restore(str(tmp_path / name / "other"))


def test_a_stream_that_is_read_in_another_way_begins_a_new_pass(saved: str) -> None:
    others = start(c=tf.data.Dataset.range(10).filter(lambda number: number != 1))
    assert read(others, "c", 1) == [0]
    assert others.restore(saved) == ["c"]
    assert read(others, "a/b", 2) == [3, 4]
    assert read(others, "c", 2) == [0, 2]


def test_a_stream_with_another_mark_begins_a_new_pass(tmp_path: Path, saved: str) -> None:
    plain = tf.data.Dataset.range(10)

    def mark(**marks: str) -> InputStreams:
        return InputStreams({"a/b": plain, "c": plain}, marks)

    marked = mark(c="few_shapes")
    assert marked.restore(saved) == ["c"]
    assert read(marked, "a/b", 1) + read(marked, "c", 2) == [3, 0, 1]
    path = str(marked.make_checkpoint().write(str(tmp_path / "marked")))
    again = mark(c="few_shapes")
    assert again.restore(path) == []
    assert read(again, "c", 1) == [2]
    for others in (mark(c="other_shapes"), mark()):
        assert others.restore(path) == ["c"]
        assert read(others, "a/b", 1) + read(others, "c", 1) == [4, 0]


def test_a_position_that_was_saved_with_tuning_is_found(tmp_path: Path) -> None:
    mapped = tf.data.Dataset.range(10).map(lambda number: number + 1).prefetch(2)
    tuned = iter(mapped)
    assert [int(next(tuned)) for _ in range(3)] == [1, 2, 3]
    path = tf.train.Checkpoint(input_0=tuned).write(str(tmp_path / "tuned"))
    streams = InputStreams({"c": mapped})
    with pytest.raises(tf.errors.NotFoundError):  # its operations are others
        tf.train.Checkpoint(input_0=iter(leave_tuning_out(mapped))).read(path)
    assert streams.restore(path) == []
    assert read(streams, "c", 2) == [4, 5]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"positions in the training data.*damaged or missing"):
        start().restore(str(tmp_path / "input"))


def test_data_that_breaks_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "shard"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for text in (b"first", b"second"):
            writer.write(text)
    path.write_bytes(path.read_bytes()[:-3])
    streams = start(c=tf.data.TFRecordDataset(str(path)))
    assert streams.read("c").numpy() == b"first"
    with pytest.raises(
        UserError, match=r"data of problem c cannot be read any more: truncated.*--verify"
    ):
        streams.read("c")
