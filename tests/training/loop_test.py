"""The loop: Ctrl-C saves and says so; a loss that is no number stops the run."""

import dataclasses
import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from tiny_run import PROBLEMS, TINY, TinyRun

from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams
from t2t_mm.run.checkpoint import WEIGHTS, CheckpointStore
from t2t_mm.settings import HParams
from t2t_mm.training import trainer as train_module
from t2t_mm.training.on_tensorflow import tensorflow_backend
from t2t_mm.training.train import train
from t2t_mm.training.training_options import TrainingOptions


def hparams(**changes: object) -> HParams:
    tiny = load_hparams("multimodel_tiny", overrides=f"{TINY},train.steps=100000")
    return dataclasses.replace(tiny, train=dataclasses.replace(tiny.train, **changes))


def interrupt_after(log: Path, step: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if log.exists() and f'"step": {step},' in log.read_text():
            break
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_saves_the_step_it_interrupts(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watcher = threading.Thread(target=interrupt_after, args=(tmp_path / "run" / "log.jsonl", 3))
    watcher.start()
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(
            list(PROBLEMS),
            hparams=hparams(log_every=1, checkpoint_every=100000),
            data_dir=tiny_run.data_dir,
            output_dir=tmp_path / "run",
            options=TrainingOptions(evaluate=False),
        )
    watcher.join()
    assert signal.getsignal(signal.SIGINT) is handler
    saved = CheckpointStore(tmp_path / "run").find_latest()
    assert saved is not None and saved.step >= 3
    assert f"Saved at step {saved.step}" in capsys.readouterr().err


def test_a_loss_that_is_no_number_names_the_problem(tiny_run: TinyRun, tmp_path: Path) -> None:
    tiny = hparams(log_every=1)
    wild = dataclasses.replace(
        tiny,
        optimizer=dataclasses.replace(
            tiny.optimizer, learning_rate=1e30, warmup_steps=1, clip_norm=0.0
        ),
    )
    with pytest.raises(
        UserError, match=r"(loss|gradient norm) of algorithmic_.* training has diverged"
    ):
        train(
            list(PROBLEMS),
            hparams=wild,
            data_dir=tiny_run.data_dir,
            output_dir=tmp_path / "run",
            options=TrainingOptions(evaluate=False),
        )


@pytest.mark.slow
def test_what_is_saved_and_scored_has_every_update(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensorflow_backend, "LEAST_POSTPONED", 1)
    scores, weights = [], []
    for overlap in (True, False):
        output_dir = tmp_path / str(overlap)
        train(
            list(PROBLEMS),
            hparams=hparams(steps=4, eval_every=2, overlap_update=overlap),
            data_dir=tiny_run.data_dir,
            output_dir=output_dir,
        )
        log = [json.loads(line) for line in (output_dir / "log.jsonl").read_text().splitlines()]
        scores.append([line["log_perplexity"] for line in log if line["kind"] == "eval"])
        saved = CheckpointStore(output_dir).find_latest()
        assert saved is not None and saved.step == 4
        with np.load(saved.path / WEIGHTS) as arrays:
            weights.append(dict(arrays))
    assert len(scores[0]) == 2 * (len(PROBLEMS) + 1)
    assert scores[0] == scores[1]
    np.testing.assert_equal(*weights)


@pytest.mark.slow
def test_a_run_killed_in_its_evaluation_loses_nothing(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is saved before, evaluates when it is started again, and is the run never killed."""

    def start(name: str) -> None:
        train(
            list(PROBLEMS),
            hparams=hparams(steps=4, eval_every=2, log_every=1),
            data_dir=tiny_run.data_dir,
            output_dir=tmp_path / name,
        )

    def kill(*_: object) -> None:
        raise SystemExit("killed")

    def read(name: str) -> tuple[list[object], dict[str, object], dict[str, np.ndarray]]:
        lines = (tmp_path / name / "log.jsonl").read_text().splitlines()
        evaluations = [line for line in map(json.loads, lines) if line["kind"] == "eval"]
        latest = CheckpointStore(tmp_path / name).find_latest()
        assert latest is not None and latest.step == 4
        with np.load(latest.path / WEIGHTS) as arrays:
            return evaluations, latest.read_state(), dict(arrays)

    start("undisturbed")
    with monkeypatch.context() as patch:
        patch.setattr(train_module, "score_validation_splits", kill)
        with pytest.raises(SystemExit):
            start("killed")
    saved = CheckpointStore(tmp_path / "killed").find_latest()
    assert saved is not None and saved.step == 2
    assert saved.read_state()["best_step"] == -1
    start("killed")
    assert len(read("killed")[0]) == 2 * (len(PROBLEMS) + 1)
    np.testing.assert_equal(read("killed"), read("undisturbed"))
