"""Scores of a model that is in memory: teacher-forced, and decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import tensorflow as tf

from t2t_mm.data.pipeline import evaluation_dataset
from t2t_mm.data.problem import Problem
from t2t_mm.data.vocabulary import Vocabulary
from t2t_mm.features import BatchSpec
from t2t_mm.inference.search import GreedySearch
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.training.metrics import TeacherForcedSums
from t2t_mm.training.task import Task


class Evaluator:
    """Scores a model on whole splits.

    Args:
        model: built; its weights may change between two calls.
        batch: padded tokens or examples of an evaluation batch.
        extra_length: how much longer than its input a decoded output may be, in symbols.
    """

    def __init__(self, model: MultiModel, *, batch: BatchSpec, extra_length: int) -> None:
        self.model = model
        self.batch = batch
        self.extra_length = extra_length
        self._forward: dict[tuple[str, str], Callable[..., Any]] = {}
        self._searches: dict[tuple[str, str], GreedySearch] = {}

    def teacher_forced(self, task: Task, batches: Iterable[Mapping[str, Any]]) -> dict[str, float]:
        """Scores with the true previous symbols given.

        Returns:
            `log_perplexity` (nats per token, no smoothing), `accuracy` and
            `sequence_accuracy` in percent, `examples`.
        """
        if task.signature not in self._forward:
            self._forward[task.signature] = self._trace_forward(*task.signature)
        forward = self._forward[task.signature]
        sums = TeacherForcedSums()
        for batch in batches:
            loss_sum, predicted = forward(
                batch["inputs"], batch["targets"], tf.constant(task.command_index)
            )
            sums.add(float(loss_sum), predicted.numpy(), batch["targets"].numpy())
        return sums.scores()

    def decode(
        self, task: Task, batches: Iterable[Mapping[str, Any]], vocabulary: Vocabulary
    ) -> list[str]:
        """Greedy outputs as text, one for each example, in order."""
        if task.signature not in self._searches:
            self._searches[task.signature] = GreedySearch(self.model, *task.signature)
        search = self._searches[task.signature]
        texts: list[str] = []
        for batch in batches:
            ids = search(
                batch["inputs"].numpy(),
                command_index=task.command_index,
                extra_length=self.extra_length,
            )
            texts.extend(vocabulary.decode(row.tolist()) for row in ids)
        return texts

    def _trace_forward(self, input_modality: str, target_modality: str) -> Callable[..., Any]:
        def forward(inputs: tf.Tensor, targets: tf.Tensor, command: tf.Tensor) -> Any:
            outputs = self.model(
                {"inputs": inputs, "targets": targets, "command": command},
                input_modality=input_modality,
                target_modality=target_modality,
                training=False,
            )
            loss_sum, _ = self.model.loss(outputs.logits, targets, target_modality, 0.0)
            return loss_sum, tf.argmax(outputs.logits, axis=-1, output_type=tf.int32)

        ids = tf.TensorSpec([None, None], tf.int32)
        signature = [ids, ids, tf.TensorSpec([], tf.int32)]
        return cast(Callable[..., Any], tf.function(forward, input_signature=signature))


def validation_scores(
    evaluator: Evaluator, scored: Sequence[tuple[Task, Problem]], data_dir: Path, num_batches: int
) -> dict[str, dict[str, float]]:
    """Teacher-forced scores of problems on their validation splits, for the training loop.

    Args:
        evaluator: around the model that trains.
        scored: the tasks, each with its problem.
        data_dir: where their data is.
        num_batches: batches of each; 0 for the whole split.
    """
    scores = {}
    for task, problem in scored:
        dataset = evaluation_dataset(
            problem, "validation", data_dir=data_dir, batch=evaluator.batch
        )
        batches = dataset.take(num_batches) if num_batches else dataset
        scores[task.name] = evaluator.teacher_forced(task, batches)
    return scores
