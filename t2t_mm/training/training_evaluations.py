"""The evaluations of a run that trains: scored, told, and kept with their checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.pipeline.length_limits import (
    Limits,
    choose_limits,
    count_dropped_examples,
)
from t2t_mm.evaluation.evaluator import Evaluator, score_validation_splits
from t2t_mm.features import BatchSpec
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.logs import RunLog
from t2t_mm.run.run_directory import Run
from t2t_mm.run.task import Task
from t2t_mm.training.backend import Backend
from t2t_mm.training.early_stopping import EarlyStopping
from t2t_mm.training.progress import Progress
from t2t_mm.training.stop_signals import StopRequest
from t2t_mm.training.train_state import TrainState
from t2t_mm.training.training_inputs import TrainingInputs
from t2t_mm.training.training_options import TrainingOptions

Score = Callable[[], Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True)
class TrainingEvaluations:
    """Scores a model while it trains.

    Args:
        score: Returns teacher-forced scores by problem; `None` for never.
        early_stopping: Says when they have stopped getting better.
    """

    score: Score | None = None
    early_stopping: EarlyStopping = field(default_factory=EarlyStopping)

    def are_due(self, step: int, every: int, is_last: bool) -> bool:
        """Return whether there is one after this step: after so many (0: none), and at the end."""
        return self.score is not None and (is_last or (every > 0 and step % every == 0))

    def catch_up(
        self,
        state: TrainState,
        store: CheckpointStore,
        log: RunLog,
        progress: Progress,
        stop: StopRequest,
    ) -> bool:
        """Evaluate the last checkpoint if that is due; `state` and it keep what is best.

        All is saved before: a stop need not wait.

        Returns:
            Whether training is to stop, by all evaluations so far.
        """
        if self.score is not None and state.awaits_evaluation:
            with stop.all_saved():
                self._evaluate(self.score, state, store, log, progress)
        stopping = self.early_stopping
        if not stopping.is_due(log.path):
            return False
        progress.note(
            f"stopped at step {state.step}: {stopping.metric} has not got better by "
            f"{stopping.delta} within {stopping.steps} steps"
        )
        log.write("stopped", state.step, {})  # who evaluates beside it waits for no more
        return True

    def _evaluate(
        self,
        score: Score,
        state: TrainState,
        store: CheckpointStore,
        log: RunLog,
        progress: Progress,
    ) -> None:
        progress.note(f"evaluating at step {state.step}")
        scores = score()
        for name, values in scores.items():
            log.write("eval", state.step, values, problem=name)
        log_perplexities = {name: values["log_perplexity"] for name, values in scores.items()}
        mean = state.keep_best(log_perplexities)
        summary = {"best": state.best, "best_of_problem": state.best_of_problem}
        log.write("eval", state.step, {"log_perplexity": mean, **summary})
        parts = "  ".join(f"{name} {value:.3f}" for name, value in log_perplexities.items())
        state.save_best(store)
        is_best = state.best_step == state.step
        progress.note(f"eval at step {state.step}: log perplexity {parts}{'  (best)' * is_best}")


def prepare_evaluations(
    run: Run,
    inputs: TrainingInputs,
    backend: Backend,
    options: TrainingOptions,
    progress: Progress,
) -> TrainingEvaluations:
    """Return what scores the validation splits, of those problems that have one, if asked to.

    Args:
        run: The run.
        inputs: Its problems and their data.
        backend: Of the model that trains.
        options: Of this call.
        progress: Is told how far an evaluation is, and which problems have none.

    Raises:
        UserError: Training is to stop by what will not be measured.
    """
    if not options.evaluate:
        return TrainingEvaluations()
    scored = [
        (task, problem)
        for task, problem in zip(run.tasks, inputs.problems, strict=True)
        if "validation" in inputs.infos[task.name].sizes
    ]
    missing = [task.name for task in run.tasks if task.name not in {t.name for t, _ in scored}]
    if missing:
        progress.note(f"not evaluated, for want of a validation split: {', '.join(missing)}")
    scored = [pair for pair in scored if _is_within_limits(*pair, run, inputs, progress)]
    names = [task.name for task, _ in scored]
    options.early_stopping.check_problems(names, run.hparams.train.eval_every)
    if not scored:
        return TrainingEvaluations()
    batch = BatchSpec(tokens=run.hparams.data.eval_batch_tokens)
    evaluator = Evaluator(backend.model, batch=batch)
    tell = progress.note_at_times
    num, data_dir = options.eval_steps, inputs.data_dir
    return TrainingEvaluations(
        lambda: score_validation_splits(evaluator, scored, data_dir, num, tell, run.hparams.data),
        options.early_stopping,
    )


def _is_within_limits(
    task: Task, problem: Problem, run: Run, inputs: TrainingInputs, progress: Progress
) -> bool:
    """Tell what of a validation split is too long; return whether anything is left."""
    info, limits = inputs.infos[task.name], choose_limits(problem, run.hparams.data)
    dropped = count_dropped_examples(info, "validation", problem, limits)
    if not dropped:
        return True
    progress.note(f"evaluation of {task.name}: {'; '.join(map(str, dropped))}")
    size = info.sizes["validation"]
    is_left = all(one.number < size for one in dropped if one.is_exact)
    if is_left and sum(one.number for one in dropped) >= size:
        # Some are too long in inputs, others in targets, or nobody knows in which: it is read.
        is_left = _is_any_left(problem, inputs.data_dir, limits)
    if not is_left:
        progress.note(f"not evaluated, for every example is too long: {task.name}")
    return is_left


def _is_any_left(problem: Problem, data_dir: Path, limits: Limits) -> bool:
    from t2t_mm.data.pipeline.datasets import make_evaluation_dataset  # TensorFlow's tf.data

    batch = BatchSpec(examples=1)
    found = make_evaluation_dataset(
        problem, "validation", data_dir=data_dir, batch=batch, limit=1, limits=limits
    )
    return found.num_examples > 0
