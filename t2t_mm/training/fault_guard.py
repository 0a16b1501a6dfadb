"""Looks at every batch one step late: what was skipped is told and kept, what is unusual named."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from t2t_mm.errors import UserError
from t2t_mm.run.kept_batches import keep_batch, show_command
from t2t_mm.run.logs import RunLog
from t2t_mm.training.batch_health import BatchHealth
from t2t_mm.training.objective import Batch, StepMetrics
from t2t_mm.training.train_state import TrainState

_LOOKED_AT = ("loss", "gradient_norm")


class _Watched(NamedTuple):
    step: int
    place: int
    problem: str
    batch: Batch
    metrics: StepMetrics


class FaultGuard:
    """Tells of batches whose loss or gradient is not finite, and of unusual ones.

    The backend has skipped their updates by itself. So that no step waits, a batch is looked at
    when the next one is on its way to the device: the last two are held.

    Args:
        state: Its `health` is kept up to date.
        log: Gets a record "fault" or "unusual" for each; batches are kept beside it.
        tell: Says to a person what happened.
        max_faults: So many batches of one problem in a row stop training.
    """

    def __init__(
        self, state: TrainState, log: RunLog, tell: Callable[[str], None], max_faults: int
    ) -> None:
        self._state = state
        self._log = log
        self._tell = tell
        self._max_faults = max_faults
        self._waiting: _Watched | None = None

    def watch(self, step: int, problem: str, batch: Batch, metrics: StepMetrics) -> None:
        """Take a batch that was handed to the device, and look at the one before it.

        Args:
            step: The update that it is for; the first is 1.
            problem: Its problem's name.
            batch: As the pipeline made it.
            metrics: Its own, which the device may still be computing.

        Raises:
            UserError: Too many batches of one problem in a row were skipped.
        """
        last = self._waiting
        place = last.place + 1 if last is not None and last.step == step else 0
        self._waiting = _Watched(step, place, problem, batch, metrics)
        if last is not None:
            self._look(last)

    def settle(self) -> None:
        """Look at the batch that waits: before a checkpoint."""
        last, self._waiting = self._waiting, None
        if last is not None:
            self._look(last)

    def _look(self, watched: _Watched) -> None:
        values = {name: float(watched.metrics[name]) for name in _LOOKED_AT}
        health = self._state.health.setdefault(watched.problem, BatchHealth())
        if not all(map(math.isfinite, values.values())):
            self._report_fault(watched, values, health)
            return
        for name, deviations in health.add(values).items():
            what = name.replace("_", " ")
            self._tell(
                f"step {watched.step}: an unusual batch of {watched.problem}: its {what} of "
                f"{values[name]:.4g} is {abs(deviations):.0f} deviations from what is usual"
            )
            record = {name: values[name], "deviations": deviations}
            self._log.write("unusual", watched.step, record, problem=watched.problem)

    def _report_fault(
        self, watched: _Watched, values: dict[str, float], health: BatchHealth
    ) -> None:
        health.faults_in_row += 1
        found = {name: str(value) for name, value in values.items() if not math.isfinite(value)}
        words = " and ".join(f"{name.replace('_', ' ')} is {v}" for name, v in found.items())
        facts: dict[str, Any] = {"problem": watched.problem, "step": watched.step, **found}
        path = keep_batch(
            self._log.path.parent, f"{watched.step:08d}-{watched.place}", watched.batch, facts
        )
        kept = f"Look at it: {show_command(path)}" if path else "It is not kept: enough are."
        record = {**found, "in_row": health.faults_in_row, "kept": str(path or "")}
        self._log.write("fault", watched.step, record, problem=watched.problem)
        told = f"of a batch of {watched.problem} the {words} at step {watched.step}"
        if health.faults_in_row < self._max_faults:
            self._tell(f"skipped: {told}. {kept}")
            return
        raise UserError(
            f"{health.faults_in_row} batches of {watched.problem} in a row had no finite loss and "
            f"gradient: {told}. None of them changed the model, and the last checkpoint is whole",
            expected=f"fewer than train.max_faults={self._max_faults}",
            fix=f"{kept} If training has diverged: train anew in another --output_dir with a lower "
            "optimizer.learning_rate or optimizer.clip_norm, or a longer optimizer.warmup_steps.",
        )
