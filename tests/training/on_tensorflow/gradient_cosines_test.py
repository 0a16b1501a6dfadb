"""Gradients of a trained run's problems: of its body, at each checkpoint, and once."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from tiny_run import PROBLEMS, TinyRun

from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.training.gradient_record import (
    Gradients,
    compute_cosines,
    read_gradient_record,
)
from t2t_mm.training.on_tensorflow import gradient_cosines
from t2t_mm.training.on_tensorflow.gradient_cosines import BodyGradients, main, measure_gradients


@pytest.fixture(scope="module")
def run(tiny_run: TinyRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tiny run that was measured."""
    folder = tmp_path_factory.mktemp("measured") / "run"
    shutil.copytree(tiny_run.output_dir, folder)

    def compare(gradients: Mapping[str, Gradients]) -> dict[str, dict[str, float | None]]:
        parts = {path.split("/")[1] for one in gradients.values() for path in one}
        assert parts == {"encoder", "mixer", "decoder"}
        return compute_cosines(gradients)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradient_cosines, "compute_cosines", compare)
        measure_gradients(folder, data_dir=tiny_run.data_dir, limit=8)
    return folder


@pytest.mark.slow
def test_every_checkpoint_has_a_cosine_of_each_pair_and_the_experts(run: Path) -> None:
    record = read_gradient_record(run)
    assert list(record) == [one.step for one in CheckpointStore(run).list_checkpoints()]
    assert len(record) > 1
    for one in record.values():
        there, back = one["cosines"][PROBLEMS[0]][PROBLEMS[1]], one["cosines"][PROBLEMS[1]]
        assert back == {PROBLEMS[0]: there} and -1 < there < 1
        for name in PROBLEMS:
            assert {
                mixture: len(one["experts"][name][mixture]) for mixture in one["experts"][name]
            } == {
                "encoder": 4,
                "decoder": 4,
            }
            assert sum(one["experts"][name]["encoder"]) == pytest.approx(1, abs=1e-4)
    cosines = [one["cosines"][PROBLEMS[0]][PROBLEMS[1]] for one in record.values()]
    assert len(set(cosines)) == len(cosines)  # each checkpoint has been read


def test_measuring_leaves_running_means_as_they_were() -> None:
    mean = keras.Variable(np.zeros(2), name="mean")

    def differentiate(batch: Any) -> Any:
        mean.assign(mean + 1.0)
        return {"a": np.copy(keras.ops.convert_to_numpy(mean))}, {}

    body = object.__new__(BodyGradients)
    body._statistics, body._compiled = [mean], {"key": differentiate}  # type: ignore[dict-item]
    task: Any = SimpleNamespace(make_graph_key=lambda batch: "key")
    found, _ = body.compute(task, [{}, {}])
    assert found["a"].tolist() == [3.0, 3.0]
    assert np.asarray(mean).tolist() == [0.0, 0.0]


@pytest.mark.slow
def test_what_is_known_is_not_measured_again(
    run: Path, tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise AssertionError("nothing is left to do")

    monkeypatch.setattr(gradient_cosines, "restore_model", refuse)
    assert main([str(run), str(tiny_run.data_dir)]) == 0


def test_a_wrong_folder_is_one_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([str(tmp_path)], []):
        assert main(arguments) == 2
        error = capsys.readouterr().err
        assert error.startswith("gradient_cosines: error: ") and error.count("\n") == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras.backend.backend", lambda: "jax")
        assert main([str(tmp_path)]) == 2
    assert "KERAS_BACKEND=tensorflow" in capsys.readouterr().err
