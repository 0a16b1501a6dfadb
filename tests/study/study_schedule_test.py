"""Runs of a study at once: as many as asked for, none before the run that it begins with."""

import contextlib
import dataclasses
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from small_study import STUDY, FakeCommands, prepare

from t2t_mm.files.disk import claim_folder
from t2t_mm.study.cell_run import DONE, CellRun
from t2t_mm.study.checked_study import check_study
from t2t_mm.study.study_schedule import Key, complete_runs, sum_seconds


class Clock:
    """Stands in for the module `time`: it goes on when told."""

    now = 0.0

    def monotonic(self) -> float:
        """As that of `time`."""
        return self.now


class CountedCommands(FakeCommands):
    """The first `at_once` trainings wait for each other, and fail where one does not come."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at_once: int, **more: Any) -> None:
        super().__init__(monkeypatch, **more)
        self.together = threading.Barrier(at_once, timeout=20)
        self.most, self._lock, self._inside = 0, threading.Lock(), 0

    def __call__(self, name: str, arguments: Sequence[str], *more: Any) -> str:
        if name != "trainer":
            return super().__call__(name, arguments, *more)
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
            is_first = len(self.calls) == 0
        if is_first:
            self.together.wait()
        with self._lock:
            self._inside -= 1
        return super().__call__(name, arguments, *more)


def complete(folder: Path, at_once: int) -> tuple[dict[Key, CellRun], list[str]]:
    study = dataclasses.replace(STUDY, num_concurrent_runs=at_once)
    runs: dict[Key, CellRun] = prepare(folder)
    told: list[str] = []
    complete_runs(check_study(study), runs, told.append)
    return runs, told


@pytest.mark.parametrize("at_once", [1, 2])
def test_as_many_runs_as_asked_for_are_made_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    commands = CountedCommands(monkeypatch, at_once)
    runs, told = complete(tmp_path, at_once)
    assert commands.most == at_once
    assert {run.read_state()[0] for run in runs.values()} == {DONE}
    assert len(told) == 2 * len(runs)
    assert sum_seconds(runs.values()) == sum(
        record.seconds for run in runs.values() if (record := run.read_record())
    )


def test_a_run_waits_for_that_which_it_begins_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    _, told = complete(tmp_path, 6)
    begun = {line.partition(":")[0]: number for number, line in enumerate(told) if "steps" in line}
    ended = {line.partition(":")[0]: number for number, line in enumerate(told) if "done" in line}
    titles = {title.partition(" ")[2]: title for title in begun}
    for seed in (1, 2):
        assert ended[titles[f"alone, seed {seed}"]] < begun[titles[f"later, seed {seed}"]]


def test_a_stop_reaches_all_that_are_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, stopped = threading.Barrier(2, timeout=20), []

    class Stopping(FakeCommands):
        def __call__(self, name: str, arguments: Sequence[str], *more: Any) -> str:
            if both.wait() == 0:
                raise KeyboardInterrupt
            stopped.append(more[-1].wait(20))
            raise KeyboardInterrupt

    Stopping(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        complete(tmp_path, 2)
    assert stopped == [True]


def test_the_budget_counts_runs_under_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, quick = threading.Event(), threading.Event()

    class Waiting(FakeCommands):
        def __call__(self, name: str, arguments: Sequence[str], *more: Any) -> str:
            if any("cells/both/" in one for one in arguments):  # the first, as long as all others
                at_work.set()
                assert quick.wait(20)
            assert at_work.wait(20)
            return super().__call__(name, arguments, *more)

    Waiting(monkeypatch)
    clock = Clock()
    monkeypatch.setattr("t2t_mm.study.study_schedule.time", clock)
    study = dataclasses.replace(STUDY, num_concurrent_runs=2, budget_seconds=90.0, seeds=(1,))
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        if "alone, seed 1: done" in line:
            clock.now += 100.0
        if "budget" in line or "later, seed 1: 2" in line:
            quick.set()

    complete_runs(check_study(study), prepare(tmp_path, study), tell)
    assert "the budget of 90 s is spent (100 s): no other begins" in told
    assert not any("later" in line for line in told)


def test_a_command_that_a_killed_study_left_is_waited_for_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCommands(monkeypatch)
    study = dataclasses.replace(STUDY, seeds=(1,))
    runs = prepare(tmp_path, study)
    (first, *_) = runs.values()
    told: list[str] = []
    with contextlib.ExitStack() as other:
        other.enter_context(claim_folder(first.folder, "a run"))

        def tell(line: str) -> None:
            told.append(line)
            other.close()  # right after the first line

        complete_runs(check_study(study), runs, tell)
    waits = ["once the command that is at work there has ended" in line for line in told]
    assert waits[0] and not any(waits[1:])
    assert all(run.read_state()[0] == DONE for run in runs.values())
