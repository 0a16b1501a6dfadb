"""The log holds no step twice after a resume."""

import json
import time
from itertools import count
from pathlib import Path

import pytest

from t2t_mm.run.logs import RunLog


def records(run_dir: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (run_dir / "log.jsonl").read_text().splitlines()]


def test_records_name_the_problem(tmp_path: Path) -> None:
    with RunLog(tmp_path, 0) as log:
        log.write("train", 10, {"loss": 1.5}, problem="mini_ende")
        log.write("train", 10, {"learning_rate": 0.1})
    assert records(tmp_path) == [
        {"kind": "train", "step": 10, "problem": "mini_ende", "loss": 1.5},
        {"kind": "train", "step": 10, "learning_rate": 0.1},
    ]


def test_a_resumed_log_is_cut_at_the_checkpoint_and_at_a_half_written_line(tmp_path: Path) -> None:
    with RunLog(tmp_path, 0) as log:
        for step in (10, 20, 30):
            log.write("train", step, {"loss": float(step)})
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"kind": "train", "st')
    with RunLog(tmp_path, 20) as log:
        log.write("train", 30, {"loss": 31.0})
    assert [record["loss"] for record in records(tmp_path)] == [10.0, 20.0, 31.0]


def test_an_evaluation_that_is_made_again_is_cut_as_well(tmp_path: Path) -> None:
    with RunLog(tmp_path, 0) as log:
        for step in (10, 20):
            log.write("train", step, {"loss": 1.0})
            log.write("eval", step, {"accuracy": 50.0})
    RunLog(tmp_path, 20, evaluates_again=True).close()
    kept = [(record["kind"], record["step"]) for record in records(tmp_path)]
    assert kept == [("train", 10), ("eval", 10), ("train", 20)]


def test_tensorboard_reads_the_same_numbers_by_problem(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    with RunLog(tmp_path, 0) as log:
        log.write("eval", 5, {"accuracy": 50.0}, problem="mini_ende")
    events = EventAccumulator(str(tmp_path / "tensorboard"), size_guidance={"tensors": 0})
    events.Reload()
    (event,) = events.Tensors("eval/mini_ende/accuracy")
    assert (event.step, float(make_ndarray(event.tensor_proto))) == (5, 50.0)


def test_tensorboard_drops_what_a_resumed_run_does_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    # TensorBoard orders files by the second of their making; a real resume is a later one.
    clock = count(int(time.time()))
    monkeypatch.setattr(time, "time", lambda: float(next(clock)))
    with RunLog(tmp_path, 0) as log:
        for step in (10, 20, 30):
            log.write("train", step, {"loss": float(step)})
    with RunLog(tmp_path, 20) as log:
        log.write("train", 30, {"loss": 31.0})
    events = EventAccumulator(str(tmp_path / "tensorboard"), size_guidance={"tensors": 0})
    events.Reload()
    kept = [
        (event.step, float(tensor_util.make_ndarray(event.tensor_proto)))
        for event in events.Tensors("train/loss")
    ]
    assert kept == [(10, 10.0), (20, 20.0), (30, 31.0)]


def test_a_log_beside_the_trainers_has_files_of_its_own(tmp_path: Path) -> None:
    with RunLog(tmp_path, 0) as log, RunLog(tmp_path, 0, name="beside") as other:
        log.write("eval", 10, {"loss": 1.0})
        other.write("eval", 10, {"loss": 2.0})
    assert [record["loss"] for record in records(tmp_path)] == [1.0]
    assert json.loads((tmp_path / "beside.jsonl").read_text())["loss"] == 2.0
    assert len(list((tmp_path / "tensorboard" / "beside").iterdir())) == 1


def test_a_run_that_goes_on_has_not_stopped(tmp_path: Path) -> None:
    with RunLog(tmp_path, 0) as log:
        log.write("eval", 5, {"log_perplexity": 1.0})
        log.write("stopped", 5, {})
    RunLog(tmp_path, 5).close()
    assert [record["kind"] for record in records(tmp_path)] == ["eval"]
