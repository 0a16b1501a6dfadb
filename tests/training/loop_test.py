"""The loop: Ctrl-C saves and says so; a loss that is no number stops the run."""

import contextlib
import dataclasses
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tiny_run import PROBLEMS, TINY, TinyRun

from t2t_mm.data.pipeline.input_streams import InputStreams
from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams
from t2t_mm.run.checkpoint import WEIGHTS, CheckpointStore
from t2t_mm.run.kept_batches import describe_kept_batch
from t2t_mm.settings import HParams
from t2t_mm.training import loop, training_evaluations
from t2t_mm.training.on_tensorflow import tensorflow_backend
from t2t_mm.training.stop_signals import StopRequest
from t2t_mm.training.train import train
from t2t_mm.training.training_options import TrainingOptions


def hparams(**changes: object) -> HParams:
    tiny = load_hparams("multimodel_tiny", overrides=f"{TINY},train.steps=100000")
    return dataclasses.replace(tiny, train=dataclasses.replace(tiny.train, **changes))


@contextlib.contextmanager
def interrupt_after(log: Path, step: int) -> Iterator[None]:
    """Send what Ctrl-C does once a step is logged, as long as the block lasts."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            if log.exists() and f'"step": {step},' in log.read_text():
                os.kill(os.getpid(), signal.SIGINT)
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


@pytest.mark.parametrize("awaits_evaluation", [True, False])
def test_a_checkpoint_is_whole_before_its_evaluation(awaits_evaluation: bool) -> None:
    """A stop within it says that all is saved."""
    order: list[str] = []

    def note(what: str, result: Any = False) -> Callable[..., Any]:
        return lambda *_: [order.append(what), result][1]

    state: Any = SimpleNamespace(save=note("save"), awaits_evaluation=awaits_evaluation, step=1)
    store: Any = SimpleNamespace(close=note("wait"), collect_written=note("log", ()))
    evaluations: Any = SimpleNamespace(catch_up=note("evaluate"))
    some: Any = None
    loop._save(state, 2, store, some, some, evaluations, StopRequest())
    waited = ["wait", "log"] if awaits_evaluation else []
    assert order == ["save", "log", *waited, "evaluate"]


@pytest.mark.slow
def test_ctrl_c_saves_the_step_it_interrupts(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = signal.getsignal(signal.SIGINT)
    log = tmp_path / "run" / "log.jsonl"
    with pytest.raises(KeyboardInterrupt), interrupt_after(log, 3):
        train(
            list(PROBLEMS),
            hparams=hparams(log_every=1, checkpoint_every=100000),
            data_dir=tiny_run.data_dir,
            output_dir=tmp_path / "run",
            options=TrainingOptions(evaluate=False),
        )
    assert signal.getsignal(signal.SIGINT) is handler
    saved = CheckpointStore(tmp_path / "run").find_latest()
    assert saved is not None and saved.step >= 3
    assert f"Saved at step {saved.step}" in capsys.readouterr().err


MARK = 1  # the end of a text, where none begins


def plant(monkeypatch: pytest.MonkeyPatch, which: Callable[[int], bool]) -> None:
    """Let the loss of some of the batches of the second problem be no number on the device."""
    compute, read, number = tensorflow_backend.compute_objective, InputStreams.read, count()

    def compute_planted(model: Any, signature: Any, batch: Any, smoothing: float) -> Any:
        objective, metrics = compute(model, signature, batch, smoothing)
        planted = tf.where(batch["inputs"][0, 0] == MARK, np.nan, 1.0)
        return objective * planted, metrics

    def read_planted(streams: InputStreams, name: str) -> Any:
        batch = read(streams, name)
        if name == PROBLEMS[1] and which(next(number)):
            inputs = batch["inputs"].numpy()
            inputs[0, 0] = MARK
            batch = batch | {"inputs": tf.constant(inputs)}
        return batch

    monkeypatch.setattr(tensorflow_backend, "compute_objective", compute_planted)
    monkeypatch.setattr(InputStreams, "read", read_planted)


@pytest.mark.slow
def test_a_batch_that_is_no_number_is_located_kept_and_skipped(
    tiny_run: TinyRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plant(monkeypatch, lambda number: number == 1)
    train(
        list(PROBLEMS),
        hparams=hparams(steps=8, log_every=4),
        data_dir=tiny_run.data_dir,
        output_dir=tmp_path / "run",
        options=TrainingOptions(evaluate=False),
    )
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    (fault,) = [record for record in log if record["kind"] == "fault"]
    assert fault["problem"] == PROBLEMS[1] and Path(fault["kept"]).is_dir()
    told = capsys.readouterr().err
    assert f"skipped: of a batch of {PROBLEMS[1]} the gradient norm is nan" in told
    assert "1 batches skipped" in told
    last = [one for one in log if one["kind"] == "train" and one.get("problem") == PROBLEMS[1]][-1]
    assert last["total"]["skipped"] == 1 and np.isfinite(last["loss"])
    saved = CheckpointStore(tmp_path / "run").find_latest()
    assert saved is not None and saved.step == 8
    with np.load(saved.path / WEIGHTS) as arrays:
        assert all(np.isfinite(arrays[name]).all() for name in arrays.files)
    facts, examples = describe_kept_batch(Path(fault["kept"]))
    assert facts["step"] == fault["step"] and len(examples) > 1


@pytest.mark.slow
def test_a_problem_of_no_numbers_stops_with_the_last_checkpoint_whole(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, lambda number: number >= 2)
    with pytest.raises(UserError, match=rf"2 batches of {PROBLEMS[1]} in a row.*max_faults=2"):
        train(
            list(PROBLEMS),
            hparams=hparams(checkpoint_every=1, max_faults=2),
            data_dir=tiny_run.data_dir,
            output_dir=tmp_path / "run",
            options=TrainingOptions(evaluate=False),
        )
    log = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    faults = [record for record in map(json.loads, log) if record["kind"] == "fault"]
    saved = CheckpointStore(tmp_path / "run").find_latest()
    assert len(faults) == 2 and saved is not None and saved.step == faults[-1]["step"] - 1
    assert saved.read_state()["health"][PROBLEMS[1]]["faults_in_row"] == 1
    with np.load(saved.path / WEIGHTS) as arrays:
        assert all(np.isfinite(arrays[name]).all() for name in arrays.files)


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
def test_a_run_ended_in_its_evaluation_ends_at_once_and_loses_nothing(
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

    def end(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
        raise AssertionError("the evaluation went on")

    def read(name: str) -> tuple[list[object], dict[str, object], dict[str, np.ndarray]]:
        lines = (tmp_path / name / "log.jsonl").read_text().splitlines()
        evaluations = [line for line in map(json.loads, lines) if line["kind"] == "eval"]
        latest = CheckpointStore(tmp_path / name).find_latest()
        assert latest is not None and latest.step == 4
        with np.load(latest.path / WEIGHTS) as arrays:
            return evaluations, latest.read_state(), dict(arrays)

    start("undisturbed")
    with monkeypatch.context() as patch:
        patch.setattr(training_evaluations, "score_validation_splits", end)
        with pytest.raises(KeyboardInterrupt):
            start("ended")
    saved = CheckpointStore(tmp_path / "ended").find_latest()
    assert saved is not None and saved.step == 2
    assert saved.read_state()["best_step"] == -1
    start("ended")
    assert len(read("ended")[0]) == 2 * (len(PROBLEMS) + 1)
    np.testing.assert_equal(read("ended"), read("undisturbed"))
