"""Teacher-forced scores of a model that is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.pipeline.length_limits import choose_limits
from t2t_mm.features import BatchSpec
from t2t_mm.inference.teacher_forcing import collect_arguments
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.device_memory import tell_exhaustion
from t2t_mm.run.task import GraphKey, Task
from t2t_mm.scoring.teacher_forced import TeacherForcedSums
from t2t_mm.search.forward import compile_forward
from t2t_mm.settings import DataHParams


class Evaluator:
    """Scores a model on whole splits.

    Args:
        model: Built; its weights may change between two calls.
        batch: Padded positions or examples of an evaluation batch.
    """

    def __init__(self, model: MultiModel, *, batch: BatchSpec) -> None:
        self.model = model
        self.batch = batch
        self._forward: dict[GraphKey, Any] = {}

    def score(self, task: Task, batches: Iterable[Mapping[str, Any]]) -> dict[str, float]:
        """Score a task with the true previous symbols given.

        Returns:
            `log_perplexity` (nats per token, no smoothing), `accuracy` and
            `sequence_accuracy` in percent, `examples`.
        """
        return self.score_with_experts(task, batches)[0]

    @tell_exhaustion("Lower data.eval_batch_tokens (t2t-eval: --eval_batch_tokens).")
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
            tensors = collect_arguments(task, batch)
            targets, num_added = batch["targets"], len(tensors["targets"]) - len(batch["targets"])
            key = task.make_graph_key(batch)
            if key not in self._forward:
                self._forward[key] = self._compile(task, tensors)
            loss_sum, last_loss, predicted, batch_loads = self._forward[key](tensors)
            real = tuple(slice(size) for size in targets.shape)
            # A class of 0 is one: every row that was added has cost as much as the last.
            loss = float(loss_sum) - num_added * float(last_loss)
            sums.add(loss, np.asarray(predicted)[real], targets)
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
            logits, targets = _blank_added(outputs.logits, batch), batch["targets"]
            loss_sum, _ = self.model.loss(logits, targets, target_modality)
            last_loss, _ = self.model.loss(logits[-1:], targets[-1:], target_modality)
            predicted = ops.argmax(outputs.logits, axis=-1)
            loads = {report.name: report.load for report in outputs.reports}
            return loss_sum, last_loss, predicted, loads

        return compile_forward(self.model, forward, [example])


def _blank_added(logits: Any, batch: Mapping[str, Any]) -> Any:
    """Return logits that are zero in the rows that were added: NaN of one would be that of all."""
    if "is_example" not in batch:
        return logits
    shape = (-1, *[1] * (len(logits.shape) - 1))
    return ops.where(ops.reshape(batch["is_example"], shape), logits, ops.zeros_like(logits))


def score_validation_splits(
    evaluator: Evaluator,
    scored: Sequence[tuple[Task, Problem]],
    data_dir: Path,
    num_batches: int,
    tell: Callable[[str], None] = lambda text: None,
    data: DataHParams | None = None,
) -> dict[str, dict[str, float]]:
    """Return teacher-forced scores of problems on their validation splits, for the training loop.

    Args:
        evaluator: Around the model that trains.
        scored: The tasks, each with its problem.
        data_dir: Where their data is.
        num_batches: Batches of each; 0 for the whole split.
        tell: Is given a line after each batch: how far it is.
        data: Settings that say how long examples may be; None: as long as they are.
    """
    from t2t_mm.data.pipeline.datasets import make_evaluation_dataset  # TensorFlow's tf.data

    scores = {}
    for number, (task, problem) in enumerate(scored, start=1):
        dataset = make_evaluation_dataset(
            problem,
            "validation",
            data_dir=data_dir,
            batch=evaluator.batch,
            limits=choose_limits(problem, data) if data else None,
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
