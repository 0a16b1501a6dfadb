"""Single examples as they are stored, under the names of batches, each id checked."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm import Image, Language, registry
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.record_reading import measure_example, read_examples
from t2t_mm.data.records.stored import open_data
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary, load_vocabulary


def read(name: str, data_dir: Path, split: str = "test", **options: Any) -> list[dict[str, Any]]:
    problem = registry.problem(name)
    info = open_data(problem, data_dir)
    options = {"with_text": True, **options}
    return list(read_examples(info, split, problem, **options).as_numpy_iterator())


def test_text_comes_as_ids_and_beside_them_as_it_was(data_dir: Path) -> None:
    tested, chars = load_vocabulary(data_dir, "tested"), ByteVocabulary()
    examples = read("words_for_tests", data_dir)
    assert len(examples) == 40
    for example in examples:
        assert sorted(example) == ["inputs", "inputs_text", "targets", "targets_text"]
        assert tested.decode(example["inputs"]) == example["inputs_text"].decode()
        assert chars.decode(example["targets"]) == example["targets_text"].decode()


def test_a_reversed_problem_exchanges_what_is_stored(data_dir: Path) -> None:
    forward = read("words_for_tests", data_dir)
    backward = read("words_for_tests_rev", data_dir)
    for one, other in zip(forward, backward, strict=True):
        np.testing.assert_array_equal(one["inputs"], other["targets"])
        np.testing.assert_array_equal(one["targets"], other["inputs"])
        assert one["inputs_text"] == other["targets_text"]


def test_only_text_and_classes_have_a_text(senses_dir: Path) -> None:
    (thumb, *_) = read("thumbs_for_tests", senses_dir)
    assert thumb["inputs"].startswith(b"\x89PNG") and thumb["inputs_text"] == b""
    assert thumb["targets_text"] in (b"up", b"down", b"green")
    assert thumb["targets"].tolist() == [[b"up", b"down", b"green"].index(thumb["targets_text"])]
    (tone, *_) = read("tones_for_tests", senses_dir, with_text=False)
    assert sorted(tone) == ["inputs", "targets"]


def test_only_what_is_wanted_is_parsed(senses_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse = tf.io.parse_single_example

    def note(*, serialized: tf.Tensor, features: dict[str, Any], **options: Any) -> Any:
        parsed.extend(features)
        return parse(serialized=serialized, features=features, **options)

    monkeypatch.setattr(tf.io, "parse_single_example", note)
    every = read("thumbs_for_tests", senses_dir)
    assert sorted(parsed) == ["inputs", "targets", "targets_ids"]
    parsed.clear()
    targets = read("thumbs_for_tests", senses_dir, only=["targets"])
    assert sorted(parsed) == ["targets", "targets_ids"]
    names = ["targets", "targets_text"]
    assert targets == [{name: example[name] for name in names} for example in every]


def test_a_seed_changes_the_order_and_nothing_else(data_dir: Path) -> None:
    def texts(**options: Any) -> list[bytes]:
        return [one["inputs_text"] for one in read("words_for_tests", data_dir, "train", **options)]

    stored, shuffled = texts(), texts(seed=3)
    assert texts() == stored
    assert shuffled != stored and sorted(shuffled) == sorted(stored)


def test_an_id_outside_its_vocabulary_stops_the_reading(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init = ByteVocabulary.__init__

    def smaller(self: ByteVocabulary) -> None:
        init(self)
        self.size = 100

    monkeypatch.setattr(ByteVocabulary, "__init__", smaller)
    message = r"words_for_tests: its stored targets are damaged\. Expected: ids from 1 to 99"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        read("words_for_tests", data_dir)


def test_an_example_is_as_long_as_its_longest_feature() -> None:
    features = {"inputs": Image(32, 64), "targets": Language("bytes")}
    kinds = choose_kinds(features, {"targets": ByteVocabulary()})
    for number, length in ((3, 8), (11, 11)):  # a picture of 2 x 4 patches
        example = {"inputs": tf.constant(b""), "targets": tf.range(number)}
        assert int(measure_example(example, kinds)) == length
