"""Single examples of a split as they are stored, to be shown."""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from t2t_mm import UserError, registry
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.data.pipeline.length_limits import Limits, choose_limits
from t2t_mm.data.pipeline.record_reading import read_examples
from t2t_mm.data.pipeline.samples import read_stored_bytes
from t2t_mm.data.records.stored import open_data
from t2t_mm.features import BatchSpec
from t2t_mm.settings import DataHParams


@pytest.mark.parametrize("name", ["words_for_tests", "words_for_tests_rev"])
def test_texts_are_those_of_the_wanted_examples(name: str, data_dir: Path) -> None:
    problem = registry.problem(name)
    examples = read_examples(open_data(problem, data_dir), "test", problem, with_text=True)
    for feature in ("inputs", "targets"):
        texts = [str(one[f"{feature}_text"], "utf-8") for one in examples.as_numpy_iterator()]
        read = read_stored_bytes(problem, "test", feature, data_dir=data_dir, indices=[5, 0, 2])
        assert {index: one.decode() for index, one in read.items()} == {
            index: texts[index] for index in (0, 2, 5)
        }
        assert read_stored_bytes(problem, "test", feature, data_dir=data_dir, indices=[]) == {}


def test_pictures_are_files_and_sounds_samples(senses_dir: Path) -> None:
    pictures = read_stored_bytes(
        registry.problem("thumbs_for_tests"), "test", "inputs", data_dir=senses_dir, indices=[1]
    )
    assert PIL.Image.open(io.BytesIO(pictures[1])).size == (30, 20)
    sounds = read_stored_bytes(
        registry.problem("tones_for_tests"),
        "test",
        "inputs",
        data_dir=senses_dir,
        indices=range(99),
    )
    assert len(sounds) == 7
    assert all(1600 <= len(np.frombuffer(sound, "<i2")) < 16_000 for sound in sounds.values())


def test_places_are_among_those_that_an_evaluation_keeps(senses_dir: Path) -> None:
    problem = registry.problem("tones_for_tests")

    def read(limits: Limits | None) -> list[bytes]:
        found = read_stored_bytes(
            problem, "test", "inputs", data_dir=senses_dir, indices=range(99), limits=limits
        )
        assert list(found) == list(range(len(found)))
        return list(found.values())

    every = read(None)
    limits = choose_limits(problem, DataHParams(max_seconds=0.5))
    kept = read(limits)
    evaluated = make_evaluation_dataset(
        problem, "test", data_dir=senses_dir, batch=BatchSpec(examples=1), limits=limits
    )
    assert 0 < len(kept) == evaluated.num_examples < len(every)
    places = [every.index(sound) for sound in kept]
    assert places == sorted(places) and places != list(range(len(places)))
    assert read(choose_limits(problem, DataHParams())) == every


def test_data_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has not been generated"):
        read_stored_bytes(
            registry.problem("words_for_tests"), "test", "inputs", data_dir=tmp_path, indices=[0]
        )
