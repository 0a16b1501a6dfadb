"""Scores are sums of log-softmax; what happens inside is what the layers themselves would say."""

import json
from pathlib import Path
from typing import Any

import both_backends
import numpy as np
import pytest
from every_pair import CLASS, PICTURE, SOUND, TEXT, make_batch
from forced_passes import make_forcing, make_task, write_findings

from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.features import Categorical, Image, Language
from t2t_mm.inference import teacher_forcing
from t2t_mm.inference.inner_view import Inspection
from t2t_mm.inference.teacher_forcing import TeacherForcing, collect_arguments
from t2t_mm.run.task import Task


@pytest.fixture(scope="module")
def forcing() -> TeacherForcing:
    return make_forcing()


def log_softmax(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    logits = logits.astype("float64")
    highest = logits.max(-1, keepdims=True)
    return logits - highest - np.log(np.exp(logits - highest).sum(-1, keepdims=True))


@pytest.mark.slow
@pytest.mark.parametrize("pair", [(TEXT, TEXT), (PICTURE, TEXT), (TEXT, CLASS)])
def test_a_score_is_the_sum_of_the_log_probabilities_of_real_targets(
    pair: tuple[str, str], forcing: TeacherForcing
) -> None:
    batch = make_batch(pair)
    outputs = forcing.model(batch, input_modality=pair[0], target_modality=pair[1])
    chances, targets = log_softmax(np.asarray(outputs.logits)), batch["targets"]
    chosen = np.take_along_axis(chances, targets[..., None], -1)[..., 0]
    expected = chosen if pair[1] == CLASS else (chosen * (targets != 0)).sum(-1)
    np.testing.assert_allclose(forcing.score(make_task(pair), batch), expected, rtol=1e-5)


def test_the_first_class_is_a_class_and_no_padding(forcing: TeacherForcing) -> None:
    batch = make_batch((TEXT, CLASS))
    task = make_task((TEXT, CLASS))
    every = [forcing.score(task, batch | {"targets": np.full(3, i, "int32")}) for i in range(5)]
    np.testing.assert_allclose(np.exp(every).sum(0), 1, rtol=1e-5)


def test_neither_padding_nor_neighbours_change_a_score(forcing: TeacherForcing) -> None:
    task, batch = make_task((TEXT, TEXT)), make_batch((TEXT, TEXT))
    texts = {name: batch[name] for name in ("inputs", "targets")}
    padded = {name: np.pad(ids, [(0, 0), (0, 6)]) for name, ids in texts.items()}
    scores = forcing.score(task, texts)
    np.testing.assert_allclose(forcing.score(task, padded), scores, rtol=1e-5)
    alone = forcing.score(task, {name: ids[1:2, :5] for name, ids in texts.items()})
    np.testing.assert_allclose(alone, scores[1:2], rtol=1e-5)


def inspect(forcing: TeacherForcing, pair: tuple[str, str]) -> list[Inspection]:
    return forcing.inspect(make_task(pair), make_batch(pair))


@pytest.mark.slow
def test_attention_is_of_each_block_from_targets_to_inputs_without_padding(
    forcing: TeacherForcing,
) -> None:
    found = inspect(forcing, (TEXT, TEXT))
    shapes = [{name: one.shape for name, one in row.attention.weights.items()} for row in found]
    assert shapes[1] == dict.fromkeys(["mixer", "decoder/block0"], (2, 5, 5))
    assert shapes[0] == dict.fromkeys(shapes[1], (2, 9, 9))
    for row in found:
        for weights in row.attention.weights.values():
            np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    letters = make_batch((TEXT, TEXT))["inputs"][1, :5]
    assert found[1].attention.inputs == tuple(ByteVocabulary().name_symbol(i) for i in letters)


@pytest.mark.slow
def test_pictures_have_rows_and_columns_and_sounds_numbers(forcing: TeacherForcing) -> None:
    picture = inspect(forcing, (PICTURE, TEXT))[2].attention  # of 40 x 17 pixels
    assert picture.grid == (3, 2)
    assert picture.inputs[:3] == ("row 1, column 1", "row 1, column 2", "row 2, column 1")
    assert picture.weights["mixer"].shape[-1] == 6
    sound = inspect(forcing, (SOUND, CLASS))[0]
    assert sound.attention.grid is None and sound.attention.inputs[:2] == ("1", "2")
    assert sound.experts["encoder"].positions == sound.attention.inputs


def test_a_class_is_made_without_attention(forcing: TeacherForcing) -> None:
    [row, *_] = inspect(forcing, (TEXT, CLASS))
    assert row.attention.weights == {} and row.attention.targets == ()
    assert list(row.experts) == ["encoder"]


@pytest.mark.slow
@pytest.mark.parametrize("gate", ["position", "problem"])
def test_experts_are_those_that_the_gate_chose(gate: str) -> None:
    forcing = make_forcing(gate=gate)
    pair = (TEXT, TEXT)
    found, batch = inspect(forcing, pair), make_batch(pair)
    outputs = forcing.model(batch, input_modality=TEXT, target_modality=TEXT)
    assert [list(row.experts) for row in found] == [["encoder", "decoder"]] * 3
    for report in outputs.reports:
        load = np.zeros(4)
        for row in found:
            choices = row.experts[report.name]
            assert len(choices.positions) == len(choices.experts) and choices.num_experts == 4
            np.testing.assert_allclose(choices.gates.sum(-1), 1, rtol=1e-5)
            load += np.bincount(choices.experts.ravel(), minlength=4)
        np.testing.assert_array_equal(load, report.load)


def test_a_model_without_attention_and_experts_has_nothing_to_tell() -> None:
    forcing = make_forcing(use_attention=False, use_experts=False)
    [row, *_] = inspect(forcing, (TEXT, TEXT))
    assert row.attention.weights == {} and row.experts == {}
    assert len(row.attention.targets) == 9


def test_tasks_of_one_signature_share_a_trace(forcing: TeacherForcing) -> None:
    task, batch = make_task((TEXT, TEXT)), make_batch((TEXT, TEXT))
    forcing.score(task, batch)
    before = len(forcing._compiled)
    other = Task("other", Language(), Language(), "say", 0, (), task.nets)
    assert forcing.score(other, batch) != forcing.score(task, batch)
    assert len(forcing._compiled) == before


def test_batches_of_one_net_may_have_sizes_or_none(forcing: TeacherForcing) -> None:
    task, batch = make_task((PICTURE, CLASS)), make_batch((PICTURE, CLASS))
    batch["inputs_size"] = np.full((3, 2), batch["inputs"].shape[1:3], "int32")
    bare = {name: values for name, values in batch.items() if name != "inputs_size"}
    scores = [forcing.score(task, one) for one in (batch, bare)]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)


def test_what_the_model_does_not_read_is_left_out() -> None:
    batch = {"inputs": np.ones((1, 2)), "inputs_text": np.array([b"x"]), "targets": np.ones(1)}
    task = Task("any", Language(), Categorical(num_classes=5), "", 0, (), (TEXT, CLASS))
    assert list(collect_arguments(task, batch)) == ["inputs", "targets", "command", "problem"]


def test_where_shapes_are_compiled_only_what_is_declared_open_is_padded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(teacher_forcing, "needs_few_shapes", lambda: True)
    batch = {"inputs": np.ones((3, 28, 28, 3), "float32"), "targets": np.ones((3, 9), "int32")}
    task = Task("any", Image(28, 28), Language(), "", 0, (), (PICTURE, TEXT))
    read = collect_arguments(task, batch | {"inputs_size": np.full((3, 2), 28, "int32")})
    shapes = [read[name].shape for name in ("inputs", "inputs_size", "targets")]
    assert shapes == [(8, 28, 28, 3), (8, 2), (8, 16)]


@pytest.mark.slow
@pytest.mark.long
def test_jax_says_the_same(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    write_findings(tmp_path / "ours.json")
    theirs = tmp_path / "theirs.json"
    both_backends.run_on_jax(f"write_findings({theirs!r})", module="forced_passes")
    ours, found = (
        json.loads((tmp_path / name).read_text()) for name in ("ours.json", "theirs.json")
    )
    for part in ("names", "parts", "experts"):
        assert found[part] == ours[part]
    for part in ("scores", "attention", "gates"):
        for row, expected in zip(found[part], ours[part], strict=True):
            np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-5)
