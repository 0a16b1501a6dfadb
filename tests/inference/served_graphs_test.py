"""Graphs of raw values answer as predictors do, whatever goes in; they keep only what they read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tiny_senses import KINDS, hparams, picture, picture_file, sound

from t2t_mm import registry
from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.data.vocabulary.labels import LabelVocabulary, make_numbered_labels
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.features import Audio, Language
from t2t_mm.inference.loaded_run import LoadedRun
from t2t_mm.inference.served_graphs import ServedGraphs, trace_reading
from t2t_mm.run.restore import RestoredModel
from t2t_mm.run.run_directory import Run
from t2t_mm.run.task import Task, build_model, make_tasks
from t2t_mm.settings import DataHParams

NAMES = (
    "captions_for_tests",
    "cropped_captions_for_tests",
    "sounds_for_tests",
    "speech_for_tests",
    "topics_for_tests",
)
EXTRA_LENGTH = hparams().decode.extra_length


@pytest.fixture(scope="module")
def tasks() -> dict[str, Task]:
    made = make_tasks([registry.problem(name) for name in NAMES])
    return {task.name: task for task in made}


@pytest.fixture(scope="module")
def restored(tasks: dict[str, Task]) -> RestoredModel:
    """A model that has learned nothing, so that its answers are long and odd."""
    numbers = make_numbered_labels("classes_3")
    assert numbers is not None
    vocabularies = {
        "bytes": ByteVocabulary(),
        "kinds_for_tests": LabelVocabulary("kinds_for_tests", KINDS),
        "classes_3": numbers,
    }
    model = build_model(list(tasks.values()), vocabularies, hparams())
    for index, weight in enumerate(model.trainable_weights):
        noise = np.random.default_rng(index).normal(0, 0.2, weight.shape)
        weight.assign(weight + noise)
    return RestoredModel(model, vocabularies, 0)


@pytest.fixture(scope="module")
def graphs(restored: RestoredModel) -> ServedGraphs:
    return ServedGraphs(restored, EXTRA_LENGTH)


@pytest.fixture(scope="module")
def predictors(tasks: dict[str, Task], restored: RestoredModel) -> LoadedRun:
    run = Run(Path(), hparams(), tuple(tasks.values()), "", (), {}, {})
    return LoadedRun(run, restored)


def pictures() -> list[bytes]:
    dice = np.random.default_rng(0)
    arrays = [picture(KINDS[0], (32, 48), dice), picture(KINDS[1], (48, 32), dice)]
    return [picture_file(arrays[0]), picture_file(arrays[1], "JPEG")]


def sounds() -> list[np.ndarray]:
    dice = np.random.default_rng(0)
    samples = [sound(kind, seconds, dice) for kind, seconds in zip(KINDS, (0.3, 0.7), strict=False)]
    return [(one / 32_767).astype(np.float32) for one in samples]


def pad_sounds(values: list[np.ndarray]) -> dict[str, Any]:
    longest = max(map(len, values))
    return {
        "inputs": np.stack([np.pad(one, (0, longest - len(one))) for one in values]),
        "num_samples": [len(one) for one in values],
        "sample_rate": [16_000] * len(values),
    }


def ask(graph: Any, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
    _, specs = graph.structured_input_signature
    answers = graph(**{name: tf.constant(given[name], specs[name].dtype) for name in specs})
    return {name: tensor.numpy() for name, tensor in answers.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["captions_for_tests", "cropped_captions_for_tests"])
def test_files_of_pictures_are_described_as_elsewhere(
    name: str, tasks: dict[str, Task], graphs: ServedGraphs, predictors: LoadedRun
) -> None:
    answers = ask(graphs.trace(tasks[name]), {"inputs": pictures()})
    assert [text.decode() for text in answers["outputs"]] == predictors[name](pictures())
    assert set(answers) == {"outputs"} and all(answers["outputs"])


@pytest.mark.slow
def test_sounds_of_several_lengths_are_ranked_as_elsewhere(
    tasks: dict[str, Task], graphs: ServedGraphs, predictors: LoadedRun
) -> None:
    task = tasks["sounds_for_tests"]
    predictor = predictors[task.name]
    answers = ask(graphs.trace(task), pad_sounds(sounds()))
    named = [tuple(name.decode() for name in row) for row in answers["classes"]]
    assert named == [predictor.rank(one) for one in sounds()]
    np.testing.assert_allclose(answers["probabilities"].sum(axis=1), 1.0, rtol=1e-5)
    assert (np.diff(answers["probabilities"]) <= 0).all()


@pytest.mark.slow
def test_sounds_of_several_lengths_are_written_down_as_elsewhere(
    tasks: dict[str, Task], graphs: ServedGraphs, predictors: LoadedRun
) -> None:
    task = tasks["speech_for_tests"]
    predictor = predictors[task.name]
    graph = graphs.trace(task)
    answers = ask(graph, pad_sounds(sounds()))
    assert [text.decode() for text in answers["outputs"]] == predictor(sounds())
    with pytest.raises(tf.errors.InvalidArgumentError, match="A sound is not of 16000 Hz"):
        ask(graph, pad_sounds(sounds()) | {"sample_rate": [16_000, 8_000]})


@pytest.mark.slow
def test_a_blank_text_is_of_no_class(
    tasks: dict[str, Task], graphs: ServedGraphs, predictors: LoadedRun
) -> None:
    task = tasks["topics_for_tests"]
    predictor = predictors[task.name]
    answers = ask(graphs.trace(task), {"inputs": ["7 of a disc", " ", "a square"]})
    firsts = [row[0].decode() for row in answers["classes"]]
    assert firsts == predictor(["7 of a disc", " ", "a square"]) and firsts[1] == ""
    assert not answers["probabilities"][1].any() and answers["probabilities"][[0, 2]].all()


def test_what_the_decoder_refuses_as_too_long_is_refused_in_the_graph() -> None:
    short = DataHParams(max_pieces=2, max_seconds=0.2)
    read = trace_reading(choose_kind(Language("bytes"), ByteVocabulary()), short)
    assert read({"inputs": tf.constant(["1234567", ""])})["inputs"].shape == (2, 8)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"more than 8 .*max_pieces=2\): split"
    ):
        read({"inputs": tf.constant(["", "12345678"])})
    read = trace_reading(choose_kind(Audio()), short)
    specs = choose_kind(Audio()).served_specs
    for seconds, is_read in ((0.79, True), (0.9, False)):
        given = pad_sounds([np.zeros(round(16_000 * seconds), np.float32)])
        row = {name: tf.constant(given[name], spec.dtype) for name, spec in specs.items()}
        if is_read:
            assert read(row)["inputs"].shape[0] == 1
            continue
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"max_seconds=0\.2\): split"):
            read(row)


def test_weights_that_no_graph_reads_are_not_kept(
    tasks: dict[str, Task], restored: RestoredModel
) -> None:
    graphs = ServedGraphs(restored, EXTRA_LENGTH)
    kept = graphs.make_module([graphs.trace(tasks["topics_for_tests"])]).weights
    captured = {id(one) for one in kept}
    paths = [v.path for v in restored.model.variables if id(v.value) in captured]
    parts = {path.split("/")[1] for path in paths}
    assert len(paths) == len(kept) < len(restored.model.variables)
    assert "encoder" in parts and not parts & {"decoder", "image", "mixer"}
    assert any(path.endswith("input_embedding") for path in paths)
    assert not any(path.endswith("target_embedding") for path in paths)
