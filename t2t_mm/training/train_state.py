"""All that changes while a run trains: what a checkpoint holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.checkpoint import (
    OPTIMIZER,
    WEIGHTS,
    Checkpoint,
    CheckpointStore,
    name_variables,
    restore_variables,
)
from t2t_mm.training.optimizer import Adam


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

    def keep_best(self, log_perplexities: Mapping[str, float]) -> float:
        """Keep the lowest values of this step's evaluation and return their mean."""
        for name, value in log_perplexities.items():
            self.best_of_problem[name] = min(value, self.best_of_problem.get(name, float("inf")))
        mean = float(np.mean(list(log_perplexities.values())))
        if mean < self.best:
            self.best, self.best_step = mean, self.step
        return mean

    def save(self, store: CheckpointStore) -> Checkpoint:
        """Write a checkpoint of this moment."""
        self.optimizer.settle()
        return store.save(
            self.step,
            weights=name_variables(self.model.variables),
            optimizer=self.optimizer.state(),
            input_checkpoint=self._make_input_checkpoint(),
            state={
                "step": self.step,
                "counts": self.counts,
                "best": self.best,
                "best_step": self.best_step,
                "best_of_problem": self.best_of_problem,
            },
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to the moment of `checkpoint`."""
        self.optimizer.settle()
        restore_variables(checkpoint.path / WEIGHTS, name_variables(self.model.variables))
        restore_variables(checkpoint.path / OPTIMIZER, self.optimizer.state())
        inputs = self._make_input_checkpoint()
        inputs.read(str(checkpoint.path / "input")).assert_consumed()
        state = checkpoint.read_state()
        self.step, self.counts = state["step"], state["counts"]
        self.best, self.best_step = state["best"], state["best_step"]
        self.best_of_problem = state["best_of_problem"]

    def _make_input_checkpoint(self) -> Any:
        # An attribute's name cannot hold "/"; the order of the problems is fixed in run.json.
        return tf.train.Checkpoint(
            **{f"input_{i}": iterator for i, iterator in enumerate(self.iterators.values())}
        )
