"""What a run would give each problem, found out before it trains: draws, batches, a few steps."""

from __future__ import annotations

import contextlib
import dataclasses
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.length_limits import choose_limits, count_kept_examples
from t2t_mm.data.pipeline.padding import describe_batch, measure_padding
from t2t_mm.mixing.mixture import Mixture
from t2t_mm.run.run_directory import Run
from t2t_mm.run.task import Task
from t2t_mm.training.cost import count_state_bytes
from t2t_mm.training.log_interval import count_resident_bytes
from t2t_mm.training.objective import Batch, Signature
from t2t_mm.training.step import TrainStep, complete_batch
from t2t_mm.training.train_state import TrainState
from t2t_mm.training.training_inputs import TrainingInputs

MOST_BATCHES_READ = 400
MOST_SECONDS_READING = 10.0
FEWEST_BATCHES_READ = 5
TIMED_STEPS = 5
PARTS = 20
"""Parts of the run that are told apart."""
_BATCHES_KEPT = 16


@dataclasses.dataclass(frozen=True)
class ProblemPlan:
    """What a run gives one problem.

    Args:
        batches: Drawn for it, exactly.
        over_run: Those of each twentieth of the run.
        examples: In all these batches, as all else estimated from `batches_read` of them.
        target_tokens: Target positions that are not padding.
        padded_share: Of the positions of both sides.
        epochs: Passes over the training examples that are not too long.
        operations: Multiplications and additions, forward and backward.
        seconds: Of all its steps, on this machine.
        peak_bytes: Most memory held while its steps were timed: of accelerators, or without one of
            this process; 0: not known, as where another problem has held more of one before.
        batches_read: From its data; where it is all, examples and tokens are exact.
    """

    batches: int
    over_run: tuple[int, ...]
    examples: float = 0.0
    target_tokens: float = 0.0
    padded_share: float = 0.0
    epochs: float = 0.0
    operations: float = 0.0
    seconds: float = 0.0
    peak_bytes: int = 0
    batches_read: int = 0


@dataclasses.dataclass(frozen=True)
class TrainingPlan:
    """What a run will be.

    Args:
        first_step: Updates already made.
        steps: Where it ends.
        problems: By name, in the run's order.
        parameters: Of the model.
        model_bytes: Of weights, gradients and moments.
        device: What computes.
        start_seconds: Of the first batches of the problems, and of making graphs or programs.
        update_seconds: Of all updates by several batches, beside their steps.
        follows_losses: Whether rates follow losses, which nobody knows yet: then batches are by the
            rates alone.
    """

    first_step: int
    steps: int
    problems: dict[str, ProblemPlan]
    parameters: int
    model_bytes: int
    device: str
    start_seconds: float
    update_seconds: float
    follows_losses: bool

    @property
    def seconds(self) -> float:
        """Of the training, without evaluations and checkpoints."""
        of_problems = sum(problem.seconds for problem in self.problems.values())
        return of_problems + self.start_seconds + self.update_seconds

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON holds it."""
        return {**dataclasses.asdict(self), "seconds": self.seconds}


@dataclasses.dataclass(frozen=True)
class _Sample:
    """Some batches of a problem: sums over them, and the one of them that is nearest the mean."""

    read: int
    examples: int
    target_tokens: int
    positions: int
    padded: int
    first_seconds: float
    seconds_each: float
    shapes: frozenset[str]
    batch: Batch
    batch_positions: int


def plan_training(
    state: TrainState, run: Run, mixture: Mixture, inputs: TrainingInputs
) -> TrainingPlan:
    """Draw what is left of a run, read batches of its problems, and time some of their steps.

    Args:
        state: Where the run is; it is of no use afterwards.
        run: Its settings and problems.
        mixture: What its updates are drawn by.
        inputs: Its data.
    """
    steps = run.hparams.train.steps
    counts = count_batches(mixture, state.step, steps)
    train_step = TrainStep(state.backend, run.hparams.mixture.loss_weights)
    problems: dict[str, ProblemPlan] = {}
    start = 0.0
    compiled: set[tuple[Signature, str]] = set()
    for task in run.tasks:
        batches = sum(counts[task.name])
        problems[task.name] = ProblemPlan(batches, tuple(counts[task.name]))
        if batches:
            sample = _read(state, task, batches)
            seconds, traced, peak = _time_steps(train_step, task, sample, mixture)
            programs = {(task.signature, shapes) for shapes in sample.shapes} - compiled
            compiled |= programs
            # Programs for other shapes are taken to take as long as the one that was made.
            made = len(programs) if state.backend.pads_batches else 1
            problem = next(one for one in inputs.problems if one.name == task.name)
            limits = choose_limits(problem, run.hparams.data)
            kept = count_kept_examples(inputs.infos[task.name], problem, limits)
            start += sample.first_seconds + traced * made
            problems[task.name] = dataclasses.replace(
                problems[task.name],
                **_extrapolate(sample, batches, kept),
                operations=_count_operations(state, run, task, sample) * batches,
                seconds=max(seconds, sample.seconds_each) * batches,
                peak_bytes=peak,
            )
    parameters = state.backend.model.count_params()
    return TrainingPlan(
        first_step=state.step,
        steps=steps,
        problems=problems,
        parameters=parameters,
        model_bytes=count_state_bytes(parameters),
        device=state.backend.describe_device(),
        start_seconds=start,
        update_seconds=_time_updates(train_step, mixture) * max(steps - state.step, 0),
        follows_losses=bool(state.losses.temperature),
    )


def count_batches(mixture: Mixture, first_step: int, steps: int) -> dict[str, list[int]]:
    """Draw the updates of a run: by problem its batches in each of `PARTS` parts of it.

    Example:
        >>> counts = count_batches(Mixture({"a": 1.0}, seed=1), 0, 40)
        >>> counts["a"][:3], sum(counts["a"])
        ([2, 2, 2], 40)
    """
    counts = {name: [0] * PARTS for name in mixture.rates}
    for step in range(first_step, steps):
        part = (step - first_step) * PARTS // (steps - first_step)
        for name in mixture.choose_problems(step):
            counts[name][part] += 1
    return counts


def _read(state: TrainState, task: Task, batches: int) -> _Sample:
    """Read the first of the batches that a problem will get, until there are enough."""
    kinds = choose_kinds({"inputs": task.inputs, "targets": task.targets})
    kept: list[tuple[int, Batch]] = []
    sums = np.zeros(4, np.int64)
    shapes: set[str] = set()
    read, start = 0, time.monotonic()
    second = start
    while read < min(batches, MOST_BATCHES_READ):
        if read >= FEWEST_BATCHES_READ and time.monotonic() - start > MOST_SECONDS_READING:
            break
        batch = state.inputs.read(task.name)
        both = measure_padding(batch, kinds)
        targets = measure_padding(batch, {"targets": kinds["targets"]})
        tokens = targets.positions - targets.padded
        sums += (batch["targets"].shape[0], tokens, both.positions, both.padded)
        if len(kept) < _BATCHES_KEPT:
            kept.append((both.positions, batch))
        shapes.add(describe_batch(batch))
        read += 1
        second = time.monotonic() if read == 1 else second
    seconds_each = (time.monotonic() - second) / max(read - 1, 1)
    examples, tokens, positions, padded = sums.tolist()
    nearest = min(kept, key=lambda one: abs(one[0] - positions / read))
    return _Sample(
        read=read,
        examples=examples,
        target_tokens=tokens,
        positions=positions,
        padded=padded,
        first_seconds=second - start,
        seconds_each=seconds_each,
        shapes=frozenset(shapes),
        batch=nearest[1],
        batch_positions=nearest[0],
    )


def _extrapolate(sample: _Sample, batches: int, num_examples: int) -> Mapping[str, Any]:
    factor = batches / sample.read
    return {
        "examples": sample.examples * factor,
        "target_tokens": sample.target_tokens * factor,
        "padded_share": sample.padded / max(sample.positions, 1),
        "epochs": sample.examples * factor / max(num_examples, 1),
        "batches_read": sample.read,
    }


def _count_operations(state: TrainState, run: Run, task: Task, sample: _Sample) -> float:
    """Count the operations of a mean batch."""
    arrays = {name: np.asarray(values) for name, values in sample.batch.items()}
    batch = complete_batch(task, arrays, run.hparams.mixture.loss_weights)
    counted = state.backend.count_operations(task.signature, batch)
    return counted * sample.positions / sample.read / max(sample.batch_positions, 1)


def _time_steps(
    train_step: TrainStep, task: Task, sample: _Sample, mixture: Mixture
) -> tuple[float, float, int]:
    """Return seconds of a step, seconds of compiling it, and the peak of memory.

    Accelerators keep the peak of a process: where others have held more before, it is not known.
    """

    def make_step() -> None:
        if mixture.most_batches == 1:
            float(train_step.update(task, sample.batch, 0.0)["gradient_norm"])
        else:
            float(train_step.accumulate(task, sample.batch)["loss"])

    before = train_step.backend.read_device_peak()
    _reset_host_peak()
    first = _time_call(make_step)
    seconds = statistics.median(_time_call(make_step) for _ in range(TIMED_STEPS))
    peak = train_step.backend.read_device_peak()
    if not peak:
        peak = _read_host_peak()
    elif peak == before:
        peak = 0
    return seconds, max(first - seconds, 0.0), peak


def _time_updates(train_step: TrainStep, mixture: Mixture) -> float:
    """Return seconds of an update by gradients that were added up."""
    if mixture.most_batches == 1:
        return 0.0
    times = [_time_call(lambda: float(train_step.apply_accumulated(0.0))) for _ in range(3)]
    return min(times)


def _time_call(call: Callable[[], object]) -> float:
    start = time.monotonic()
    call()
    return time.monotonic() - start


def _reset_host_peak() -> None:
    with contextlib.suppress(OSError):  # only Linux has it
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _read_host_peak() -> int:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return count_resident_bytes()
