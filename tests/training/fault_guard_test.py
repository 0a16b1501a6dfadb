"""Batches are looked at one step late: skipped ones are told and kept, many stop the run."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2t_mm.data.pipeline.input_streams import InputStreams
from t2t_mm.errors import UserError
from t2t_mm.run.logs import RunLog
from t2t_mm.training.batch_health import WARM_UP
from t2t_mm.training.fault_guard import FaultGuard
from t2t_mm.training.train_state import TrainState

BATCH = {"inputs": np.ones((2, 3), "float32"), "targets": np.ones((2, 3), "int32")}


class Watch:
    """A guard, what it told, and what it wrote."""

    def __init__(self, folder: Path, max_faults: int = 3) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.state = TrainState(None, InputStreams({}))  # type: ignore[arg-type]
        self.log = RunLog(folder, 0)
        self.guard = FaultGuard(self.state, self.log, self.told.append, max_faults)

    def add(self, step: int, loss: Any = 1.0, norm: Any = 1.0, problem: str = "a/b") -> None:
        self.guard.watch(step, problem, BATCH, {"loss": loss, "gradient_norm": norm})

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "log.jsonl").read_text().splitlines()]


class Unread:
    """A number on a device that is still at work: to read it is to wait."""

    def __float__(self) -> float:
        raise AssertionError("the step waits")


def test_a_faulty_batch_is_told_and_kept_when_the_next_one_is_on_its_way(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.add(7, loss=2.5, norm=math.nan)
    assert not watch.told
    watch.add(8, loss=Unread(), norm=Unread())
    (told,) = watch.told
    folder = tmp_path / "faults" / "00000007-0"
    assert "gradient norm is nan at step 7" in told and "a/b" in told and "loss" not in told
    assert f"t2t-datagen --inspect --kept_batch={folder}" in told
    with np.load(folder / "batch.npz") as arrays:
        np.testing.assert_equal(dict(arrays), BATCH)
    (record,) = watch.records()
    assert (record["kind"], record["problem"], record["step"]) == ("fault", "a/b", 7)
    assert (record["gradient_norm"], record["in_row"]) == ("nan", 1)


def test_the_batches_of_one_update_are_kept_beside_each_other(tmp_path: Path) -> None:
    watch = Watch(tmp_path, max_faults=9)
    for loss in (math.inf, 1.0, math.nan):
        watch.add(4, loss=loss, norm=math.nan if loss != 1.0 else 1.0)
    watch.guard.settle()
    watch.guard.settle()
    assert sorted(path.name for path in (tmp_path / "faults").iterdir()) == [
        "00000004-0",
        "00000004-2",
    ]
    assert "loss is inf and gradient norm is nan" in watch.told[0]


def test_a_row_of_faults_of_one_problem_stops_training(tmp_path: Path) -> None:
    """Good batches of another problem do not break it, one of its own does."""
    watch = Watch(tmp_path)
    for step, norm in enumerate((math.nan, math.nan, 1.0, math.nan, math.nan), start=1):
        watch.add(step, norm=norm)
        watch.add(step, problem="other")
    watch.guard.settle()
    assert watch.state.health["a/b"].faults_in_row == 2
    watch.add(6, norm=math.inf)
    with pytest.raises(UserError, match=r"3 batches of a/b in a row.*inf at step 6.*max_faults=3"):
        watch.guard.settle()
    assert watch.records()[-1]["in_row"] == 3


def test_an_unusual_batch_is_named(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    for step in range(1, WARM_UP + 1):
        watch.add(step, loss=2.0 + 0.1 * (-1) ** step, norm=5.0)
    watch.add(WARM_UP + 1, loss=2.9, norm=5.0)
    watch.guard.settle()
    (told,) = watch.told
    assert "step 101: an unusual batch of a/b: its loss of 2.9 is 9 deviations" in told
    (record,) = watch.records()
    assert (record["kind"], record["loss"], record["deviations"]) == ("unusual", 2.9, 9.0)
    assert not (tmp_path / "faults").exists()
