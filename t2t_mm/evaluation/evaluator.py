"""Teacher-forced scores of a model that is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.features import BatchSpec
from t2t_mm.inference.tracing import trace
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.task import Task
from t2t_mm.scoring.teacher_forced import TeacherForcedSums


class Evaluator:
    """Scores a model on whole splits.

    Args:
        model: Built; its weights may change between two calls.
        batch: Padded positions or examples of an evaluation batch.
        compile_forward: Makes a function that reads the model fast, as `trace` does.
    """

    def __init__(
        self,
        model: MultiModel,
        *,
        batch: BatchSpec,
        compile_forward: Callable[..., Any] = trace,
    ) -> None:
        self.model = model
        self.batch = batch
        self.compile_forward = compile_forward
        self._forward: dict[tuple[str, str], Any] = {}

    def score(self, task: Task, batches: Iterable[Mapping[str, Any]]) -> dict[str, float]:
        """Score a task with the true previous symbols given.

        Returns:
            `log_perplexity` (nats per token, no smoothing), `accuracy` and
            `sequence_accuracy` in percent, `examples`.
        """
        return self.score_with_experts(task, batches)[0]

    def score_with_experts(
        self, task: Task, batches: Iterable[Mapping[str, Any]]
    ) -> tuple[dict[str, float], dict[str, list[float]]]:
        """Score as `score` does, and count the experts' use.

        Returns:
            The scores; and for each mixture of experts ("encoder", "decoder") that took part the
            share of all choices that fell on each expert.
        """
        sums = TeacherForcedSums()
        loads: dict[str, Any] = {}
        for batch in batches:
            tensors = {name: batch[name] for name in _MODEL_INPUTS if name in batch}
            tensors |= task.indices()
            if task.signature not in self._forward:
                self._forward[task.signature] = self._compile(task, tensors)
            loss_sum, predicted, batch_loads = self._forward[task.signature](tensors)
            sums.add(float(loss_sum), np.asarray(predicted), batch["targets"])
            for name, load in batch_loads.items():
                loads[name] = loads.get(name, 0.0) + np.asarray(load)
        shares = {
            name: [round(float(part), 6) for part in load / max(load.sum(), 1.0)]
            for name, load in loads.items()
        }
        return sums.compute_scores(), shares

    def _compile(self, task: Task, example: Mapping[str, Any]) -> Any:
        input_modality, target_modality = task.signature

        def forward(batch: Mapping[str, Any]) -> Any:
            outputs = self.model(
                batch,
                input_modality=input_modality,
                target_modality=target_modality,
                training=False,
            )
            loss_sum, _ = self.model.loss(outputs.logits, batch["targets"], target_modality, 0.0)
            predicted = ops.argmax(outputs.logits, axis=-1)
            return loss_sum, predicted, {report.name: report.load for report in outputs.reports}

        return self.compile_forward(forward, [example])


_MODEL_INPUTS = ("inputs", "inputs_size", "targets")


def score_validation_splits(
    evaluator: Evaluator,
    scored: Sequence[tuple[Task, Problem]],
    data_dir: Path,
    num_batches: int,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, dict[str, float]]:
    """Return teacher-forced scores of problems on their validation splits, for the training loop.

    Args:
        evaluator: Around the model that trains.
        scored: The tasks, each with its problem.
        data_dir: Where their data is.
        num_batches: Batches of each; 0 for the whole split.
        tell: Is given a line after each batch: how far it is.
    """
    scores = {}
    for number, (task, problem) in enumerate(scored, start=1):
        dataset = make_evaluation_dataset(
            problem, "validation", data_dir=data_dir, batch=evaluator.batch
        )
        batches = islice(dataset, num_batches or None)
        where = f"evaluating {task.name}, problem {number} of {len(scored)}"
        scores[task.name] = evaluator.score(task, _follow(batches, where, tell))
    return scores


def _follow(
    batches: Iterable[Mapping[str, Any]], where: str, tell: Callable[[str], None]
) -> Iterator[Mapping[str, Any]]:
    examples = 0
    for batch in batches:
        yield batch
        examples += len(batch["targets"])
        tell(f"{where}: {examples:,} examples")
