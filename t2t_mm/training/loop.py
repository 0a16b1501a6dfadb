"""The training loop, top to bottom in the order things happen."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence

from t2t_mm.mixing.mixture import Mixture
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.logs import RunLog
from t2t_mm.run.task import Task
from t2t_mm.settings import HParams
from t2t_mm.training.fault_guard import FaultGuard
from t2t_mm.training.log_interval import LogInterval
from t2t_mm.training.objective import Batch
from t2t_mm.training.progress import Progress
from t2t_mm.training.schedule import compute_learning_rate
from t2t_mm.training.step import TrainStep
from t2t_mm.training.stop_signals import StopRequest, catch_stop_signals
from t2t_mm.training.train_state import TrainState
from t2t_mm.training.training_evaluations import TrainingEvaluations


def run_training(
    state: TrainState,
    tasks: Sequence[Task],
    hparams: HParams,
    mixture: Mixture,
    store: CheckpointStore,
    log: RunLog,
    progress: Progress,
    evaluations: TrainingEvaluations,
) -> None:
    """Train from `state.step` to `hparams.train.steps`.

    Which problems feed a step is a pure function of seed and step, and of the losses where rates
    follow them; these and everything else that the next step depends on are in `state`, so a killed
    run that is started again goes on bit for bit.

    Args:
        state: Where training starts; changed in place.
        tasks: The problems, in the run's order.
        hparams: The run's settings.
        mixture: Chooses the problems of each update.
        store: Where checkpoints go.
        log: Where numbers go.
        progress: What a person sees.
        evaluations: Score the model, and say when it has stopped getting better.

    Raises:
        KeyboardInterrupt: After a checkpoint of the step that a signal interrupted.
        UserError: Losses or gradients are not finite again and again, or a checkpoint cannot be
            written.
    """
    train = hparams.train
    by_name = {task.name: task for task in tasks}
    train_step = TrainStep(state.backend, hparams.mixture.loss_weights)
    with catch_stop_signals(progress.note) as stop, contextlib.closing(store):
        is_over = evaluations.catch_up(state, store, log, progress, stop)  # it was killed in one
        interval = LogInterval()
        guard = FaultGuard(state, log, progress.note, train.max_faults)
        while state.step < train.steps and not is_over:
            step_start, traces_before = time.monotonic(), train_step.num_traces
            learning_rate = compute_learning_rate(state.step, hparams.optimizer, train.steps)
            for name in mixture.choose_problems(state.step, state.losses.begin_update()):
                batch = state.inputs.read(name)
                with _tell_traces(by_name[name], batch, train_step, progress):
                    if mixture.most_batches == 1:
                        metrics = train_step.update(by_name[name], batch, learning_rate)
                    else:
                        metrics = train_step.accumulate(by_name[name], batch)
                interval.add(name, metrics)
                guard.watch(state.step + 1, name, batch, metrics)
                state.losses.add(name, metrics["loss"])
                progress.totals[name].steps += 1
            if mixture.most_batches > 1:
                interval.gradient_norms.append(train_step.apply_accumulated(learning_rate))
            state.step += 1
            last = state.step == train.steps
            state.awaits_evaluation = evaluations.are_due(state.step, train.eval_every, last)
            is_due = last or _is_due(state.step, train.checkpoint_every)
            saving = is_due or state.awaits_evaluation or stop.was_made
            if saving or _is_due(state.step, train.log_every):
                num_traces = train_step.num_traces
                interval.report(
                    state, log, progress, learning_rate=learning_rate, num_traces=num_traces
                )
                interval = LogInterval()
            elif progress.is_due(state.step):
                interval.show(progress, state.step, learning_rate)
            step_end, is_typical = time.monotonic(), train_step.num_traces == traces_before
            progress.count_step(step_end - step_start, is_typical=is_typical)
            if saving:
                guard.settle()
                is_over = _save(state, train.steps, store, log, progress, evaluations, stop)
                interval.start = time.monotonic()
                progress.count_aside(interval.start - step_end)
            _tell_written(store, log)
        _finish(store, log)


@contextlib.contextmanager
def _tell_traces(
    task: Task, batch: Batch, train_step: TrainStep, progress: Progress
) -> Iterator[None]:
    """Say what the first step of each signature waits for, and how long it took."""
    source, target = task.signature
    progress.note_once(f"making the graph of {source} to {target}")
    num_traces, start = train_step.num_traces, time.monotonic()
    yield
    if train_step.num_traces > num_traces:
        seconds = time.monotonic() - start
        progress.note(train_step.describe_program(task, batch, seconds))


def _is_due(step: int, every: int) -> bool:
    """Return whether something done every so many steps (0: never) is done after this one."""
    return every > 0 and step % every == 0


def _save(
    state: TrainState,
    num_steps: int,
    store: CheckpointStore,
    log: RunLog,
    progress: Progress,
    evaluations: TrainingEvaluations,
    stop: StopRequest,
) -> bool:
    """Save, and evaluate where that is due; return whether training is over.

    Raises:
        KeyboardInterrupt: A stop was asked for, and there is something left to do.
    """
    state.save(store)  # before the evaluation, which may be long
    _tell_written(store, log)
    if stop.was_made and (state.step < num_steps or state.awaits_evaluation):
        _finish(store, log)
        progress.note(f"Saved at step {state.step}; repeat the command to go on.")
        raise KeyboardInterrupt
    if state.awaits_evaluation:
        _finish(store, log)
    return evaluations.catch_up(state, store, log, progress, stop)


def _finish(store: CheckpointStore, log: RunLog) -> None:
    """Wait for what is written in the background, and log it."""
    store.close()
    _tell_written(store, log)


def _tell_written(store: CheckpointStore, log: RunLog) -> None:
    """Log the checkpoints that have become whole: what a kill from now on does not take."""
    for step, facts in store.collect_written():
        log.write("checkpoint", step, facts)
