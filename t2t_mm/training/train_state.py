"""All that changes while a run trains: what a checkpoint holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from t2t_mm.data.pipeline.input_streams import InputStreams
from t2t_mm.errors import UserError
from t2t_mm.mixing.loss_averages import LossAverages
from t2t_mm.run.checkpoint import OPTIMIZER, STATE, WEIGHTS, Checkpoint, CheckpointStore
from t2t_mm.run.manifest import DamagedFileError, shorten_message
from t2t_mm.run.named_variables import restore_variables
from t2t_mm.training.backend import Backend
from t2t_mm.training.batch_health import BatchHealth
from t2t_mm.training.older_state import convert_optimizer_state


@dataclass
class TrainState:
    """All that changes while a run trains; a checkpoint holds exactly this.

    Args:
        backend: Weights and seed generators, moments and counts.
        inputs: Position in each problem's training data.
        losses: What the rates of the mixture follow, if they follow losses.
        step: Updates made.
        counts: Per problem, what it has received: batches, examples, target tokens; and how many
            batches were skipped.
        best: Lowest mean log perplexity so far (`inf` before the first evaluation).
        best_step: Where it was reached; -1 before the first evaluation.
        best_of_problem: The lowest log perplexity of each problem.
        best_batches: Of how many batches of each problem those are; 0: of whole splits; -1: of a
            run that did not keep it, or before the first evaluation.
        health: What is usual of each problem's batches, and how many were skipped in a row.
        awaits_evaluation: Whether an evaluation was due at this step and is not in `best` yet.
    """

    backend: Backend
    inputs: InputStreams
    losses: LossAverages = field(default_factory=LossAverages)
    step: int = 0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    best: float = float("inf")
    best_step: int = -1
    best_of_problem: dict[str, float] = field(default_factory=dict)
    best_batches: int = -1
    health: dict[str, BatchHealth] = field(default_factory=dict)
    awaits_evaluation: bool = False

    def compare_by(self, num_batches: int) -> bool:
        """Forget what was best by other batches than evaluations have now: they do not compare.

        The checkpoint that was stays the best one until the next evaluation.

        Returns:
            Whether something was forgotten.
        """
        is_other = self.best_batches not in (-1, num_batches)
        if is_other:
            self.best, self.best_of_problem = float("inf"), {}
        self.best_batches = num_batches
        return is_other

    def keep_best(self, log_perplexities: Mapping[str, float]) -> float:
        """Keep the lowest values of this step's evaluation and return their mean."""
        for name, value in log_perplexities.items():
            if value < self.best_of_problem.get(name, float("inf")):
                self.best_of_problem[name] = value
        mean = float(np.mean(list(log_perplexities.values())))
        if mean < self.best:
            self.best, self.best_step = mean, self.step
        return mean

    def save(self, store: CheckpointStore) -> Checkpoint:
        """Write a checkpoint of this moment."""
        self.backend.settle()
        return store.save(
            self.step,
            **self.backend.state(),
            input_checkpoint=self.inputs.make_checkpoint(),
            state=self._numbers(),
        )

    def save_best(self, store: CheckpointStore) -> None:
        """Tell the checkpoint of this moment, written before its evaluation, what is best now."""
        self.awaits_evaluation = False
        store.replace_state(self.step, self._numbers())

    def _numbers(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "counts": self.counts,
            "best": self.best,
            "best_step": self.best_step,
            "best_of_problem": self.best_of_problem,
            "best_batches": self.best_batches,
            "health": {name: health.to_json() for name, health in self.health.items()},
            "awaits_evaluation": self.awaits_evaluation,
            "losses": self.losses.state(),
        }

    def restore(self, checkpoint: Checkpoint) -> list[str]:
        """Go back to the moment of `checkpoint`; return the problems whose inputs begin anew."""
        self.backend.settle()
        parts = self.backend.state()
        restore_variables(checkpoint.path / WEIGHTS, parts["weights"])
        restore_variables(checkpoint.path / OPTIMIZER, parts["optimizer"], convert_optimizer_state)
        try:
            self._restore_numbers(checkpoint.read_state())
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            if isinstance(error, UserError):
                raise
            raise DamagedFileError(checkpoint.path / STATE, shorten_message(error)) from error
        return self.inputs.restore(str(checkpoint.path / "input"))

    def _restore_numbers(self, state: Mapping[str, Any]) -> None:
        """Take what a person may have edited: each value is looked at here, not where it counts."""
        self.step, self.best_step = int(state["step"]), int(state["best_step"])
        counts, best, best_of_problem = state["counts"], state["best"], state["best_of_problem"]
        self.counts = {n: {key: int(v) for key, v in one.items()} for n, one in counts.items()}
        self.best = float("inf") if best is None else float(best)
        self.best_of_problem = {n: float(v) for n, v in best_of_problem.items() if v is not None}
        self.best_batches = int(state.get("best_batches", -1))
        health = state.get("health", {})  # older versions have none, nor 0.1.0 the next one
        self.health = {name: BatchHealth.from_json(one) for name, one in health.items()}
        self.awaits_evaluation = bool(state.get("awaits_evaluation", False))
        self.losses.restore(state.get("losses", {}))
