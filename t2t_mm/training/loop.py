"""The training loop, top to bottom in the order things happen."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from t2t_mm.data.pipeline.mixture import Mixture
from t2t_mm.errors import UserError
from t2t_mm.evaluation.expert_use import expert_use
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.checkpoint import (
    OPTIMIZER,
    WEIGHTS,
    Checkpoint,
    CheckpointStore,
    named_variables,
    restore_variables,
)
from t2t_mm.run.task import Task
from t2t_mm.settings import HParams
from t2t_mm.training.logs import RunLog
from t2t_mm.training.memory import resident_bytes
from t2t_mm.training.optimizer import Adam
from t2t_mm.training.progress import Progress
from t2t_mm.training.schedule import learning_rate_at
from t2t_mm.training.step import StepMetrics, TrainStep

Evaluate = Callable[[], Mapping[str, Mapping[str, float]]]


@dataclass
class TrainState:
    """All that changes while a run trains; a checkpoint holds exactly this.

    Args:
        model: Weights and seed generators.
        optimizer: Moments and counts.
        iterators: Position in each problem's training data.
        step: Updates made.
        counts: Per problem, what it has received: batches, examples, target tokens.
        best: Lowest mean log perplexity so far (`inf` before the first evaluation).
        best_step: Where it was reached; -1 before the first evaluation.
        best_of_problem: The lowest log perplexity of each problem.
    """

    model: MultiModel
    optimizer: Adam
    iterators: dict[str, Any]
    step: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    best: float = float("inf")
    best_step: int = -1
    best_of_problem: dict[str, float] = field(default_factory=dict)

    def save(self, store: CheckpointStore) -> Checkpoint:
        """Write a checkpoint of this moment."""
        self.optimizer.settle()
        return store.save(
            self.step,
            weights=named_variables(self.model.variables),
            optimizer=self.optimizer.state(),
            input_checkpoint=self._input_checkpoint(),
            state={
                "step": self.step,
                "counts": self.counts,
                "best": self.best,
                "best_step": self.best_step,
                "best_of_problem": self.best_of_problem,
            },
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes back to the moment of `checkpoint`."""
        self.optimizer.settle()
        restore_variables(checkpoint.path / WEIGHTS, named_variables(self.model.variables))
        restore_variables(checkpoint.path / OPTIMIZER, self.optimizer.state())
        self._input_checkpoint().read(str(checkpoint.path / "input")).assert_consumed()
        state = checkpoint.state()
        self.step, self.counts = state["step"], state["counts"]
        self.best, self.best_step = state["best"], state["best_step"]
        self.best_of_problem = state["best_of_problem"]

    def _input_checkpoint(self) -> Any:
        # An attribute's name cannot hold "/"; the order of the problems is fixed in run.json.
        return tf.train.Checkpoint(
            **{f"input_{i}": iterator for i, iterator in enumerate(self.iterators.values())}
        )


class Interval:
    """Sums a log interval's metrics by problem, without waiting for them before its end."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.metrics: dict[str, list[StepMetrics]] = {}
        self.gradient_norms: list[tf.Tensor] = []

    def add(self, name: str, metrics: StepMetrics) -> None:
        """Keep one batch's metrics."""
        self.metrics.setdefault(name, []).append(metrics)

    def by_problem(self) -> dict[str, dict[str, Any]]:
        """Means of losses and norms, sums of tokens and examples, and the experts' use."""
        result: dict[str, dict[str, Any]] = {}
        for name, batches in sorted(self.metrics.items()):
            scalars = [key for key in batches[0] if key != "expert_load"]
            columns = {key: np.array([float(b[key]) for b in batches]) for key in scalars}
            sums = {"target_tokens", "examples", "padded_tokens"}
            result[name] = {
                key: float(values.sum() if key in sums else values.mean())
                for key, values in columns.items()
            }
            result[name] |= {"batches": float(len(batches))}
            result[name] |= expert_use(batch["expert_load"] for batch in batches)
        return result


def run_training(
    state: TrainState,
    tasks: Sequence[Task],
    hparams: HParams,
    mixture: Mixture,
    store: CheckpointStore,
    log: RunLog,
    progress: Progress,
    evaluate: Evaluate | None = None,
) -> None:
    """Train from `state.step` to `hparams.train.steps`.

    Which problem feeds a step is a pure function of seed and step; everything else that the next
    step depends on is in `state`, so a killed run that is started again goes on bit for bit.

    Args:
        state: Where training starts; changed in place.
        tasks: The problems, in the run's order.
        hparams: The run's settings.
        mixture: Chooses the problem of each batch.
        store: Where checkpoints go.
        log: Where numbers go.
        progress: What a person sees.
        evaluate: Returns teacher-forced scores by problem; `None` for never.

    Raises:
        KeyboardInterrupt: After a checkpoint of the step that Ctrl-C or SIGTERM interrupted.
        UserError: The loss is not a number any more, or a checkpoint cannot be written.
    """
    train = hparams.train
    by_name = {task.name: task for task in tasks}
    train_step = TrainStep(
        state.model,
        state.optimizer,
        label_smoothing=train.label_smoothing,
        accumulate_steps=train.accumulate_steps,
        jit_compile=train.jit_compile,
        overlap_update=train.overlap_update,
    )
    interval = Interval()
    with stop_signals(progress.note) as stop:
        while state.step < train.steps:
            learning_rate = learning_rate_at(state.step, hparams.optimizer, train.steps)
            for micro_step in range(train.accumulate_steps):
                name = mixture.choose_problem(state.step * train.accumulate_steps + micro_step)
                batch = next(state.iterators[name])
                num_traces, start = train_step.num_traces, time.monotonic()
                if train.accumulate_steps == 1:
                    metrics = train_step.update(by_name[name], batch, learning_rate)
                else:
                    metrics = train_step.accumulate(by_name[name], batch)
                if train_step.num_traces > num_traces:
                    progress.note(_first_of(by_name[name], train_step.num_traces, start))
                interval.add(name, metrics)
                progress.totals[name].steps += 1
            if train.accumulate_steps > 1:
                interval.gradient_norms.append(train_step.apply_accumulated(learning_rate))
            state.step += 1

            last, stopping = state.step == train.steps, stop.requested
            evaluating = evaluate is not None and (last or _is_due(state.step, train.eval_every))
            saving = evaluating or last or stopping or _is_due(state.step, train.checkpoint_every)
            if saving or _is_due(state.step, train.log_every):
                _report(interval, state, learning_rate, train_step.num_traces, log, progress)
                interval = Interval()
            if evaluate is not None and evaluating:
                state.optimizer.settle()
                _record_scores(evaluate(), state, log, progress)
            if saving:
                state.save(store)
                interval.start = time.monotonic()
            if stopping and not last:
                progress.note(f"Saved at step {state.step}; repeat the command to go on.")
                raise KeyboardInterrupt


def _first_of(task: Task, num_traces: int, start: float) -> str:
    source, target = task.signature
    seconds = time.monotonic() - start
    return f"graph {num_traces}: {source} to {target}, traced and run in {seconds:.1f} s"


def _is_due(step: int, every: int) -> bool:
    """Return whether something done every so many steps (0: never) is done after this one."""
    return every > 0 and step % every == 0


def _report(
    interval: Interval,
    state: TrainState,
    learning_rate: float,
    num_traces: int,
    log: RunLog,
    progress: Progress,
) -> None:
    seconds = time.monotonic() - interval.start
    by_problem = interval.by_problem()
    tokens = sum(values["target_tokens"] for values in by_problem.values())
    progress.learning_rate = learning_rate
    progress.tokens_per_second = tokens / max(seconds, 1e-9)
    for name, values in by_problem.items():
        counts = state.counts.setdefault(name, {"batches": 0, "examples": 0, "target_tokens": 0})
        for key in counts:
            counts[key] += int(values[key])
        progress.totals[name].examples += int(values["examples"])
        progress.totals[name].target_tokens += int(values["target_tokens"])
        log.write("train", state.step, {**values, "total": counts}, problem=name)
    summary: dict[str, float] = {
        "learning_rate": learning_rate,
        "target_tokens_per_second": progress.tokens_per_second,
        "seconds": seconds,
        "traces": num_traces,
        "resident_bytes": resident_bytes(),
    }
    if interval.gradient_norms:
        summary["gradient_norm"] = float(np.mean([float(n) for n in interval.gradient_norms]))
    log.write("train", state.step, summary)
    progress.show_interval(state.step, {name: v["loss"] for name, v in by_problem.items()})
    _check_finite(by_problem, summary, state.step)


def _check_finite(
    by_problem: Mapping[str, Mapping[str, float]], summary: Mapping[str, float], step: int
) -> None:
    for name, values in [*by_problem.items(), ("the accumulated batches", summary)]:
        for key in ("loss", "gradient_norm"):
            if not np.isfinite(values.get(key, 0.0)):
                raise UserError(
                    f"The {key.replace('_', ' ')} of {name} is {values[key]} at step {step}: "
                    "training has diverged, and this step is not saved. Train anew in another "
                    "--output_dir with a lower optimizer.learning_rate or optimizer.clip_norm, or "
                    "a longer optimizer.warmup_steps."
                )


def _record_scores(
    scores: Mapping[str, Mapping[str, float]], state: TrainState, log: RunLog, progress: Progress
) -> None:
    """Log an evaluation and keep what is best in `state`."""
    for name, values in scores.items():
        log.write("eval", state.step, values, problem=name)
        lowest = state.best_of_problem.get(name, float("inf"))
        state.best_of_problem[name] = min(values["log_perplexity"], lowest)
    mean = float(np.mean([values["log_perplexity"] for values in scores.values()]))
    is_best = mean < state.best
    if is_best:
        state.best, state.best_step = mean, state.step
    log.write(
        "eval",
        state.step,
        {"log_perplexity": mean, "best": state.best, "best_of_problem": state.best_of_problem},
    )
    parts = "  ".join(f"{name} {v['log_perplexity']:.3f}" for name, v in scores.items())
    progress.note(f"eval at step {state.step}: log perplexity {parts}{'  (best)' * is_best}")


@dataclass
class StopRequest:
    """Whether someone asked the run to stop."""

    requested: bool = False


@contextlib.contextmanager
def stop_signals(tell: Callable[[str], None]) -> Iterator[StopRequest]:
    """Turn the first SIGINT or SIGTERM into a request; a second one interrupts at once.

    Args:
        tell: Says to the person who interrupted what happens now.
    """
    request = StopRequest()
    previous: dict[signal.Signals, Any] = {}

    def handle(number: int, frame: Any) -> None:
        if request.requested:
            raise KeyboardInterrupt
        request.requested = True
        tell("Stopping after this step; once more to stop at once, without saving.")

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            previous[number] = signal.signal(number, handle)
    except ValueError:
        pass  # not the main thread (a notebook's worker): signals stay with their owner
    try:
        yield request
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
