"""One training step: a traced function for each signature, shared by all problems that have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import tensorflow as tf

from t2t_mm.model.multimodel import MultiModel
from t2t_mm.training.optimizer import Adam
from t2t_mm.training.task import Task

Batch = Mapping[str, tf.Tensor]
StepMetrics = dict[str, tf.Tensor]


class TrainStep:
    """Turns batches into updates of the model.

    A *signature* is the pair (input net, target net). Problems of one signature share one trace:
    the command is a tensor and lengths are dynamic.

    Args:
        model: built; every variable exists.
        optimizer: built over `model.trainable_variables`.
        label_smoothing: probability mass spread over the wrong classes.
        accumulate_steps: batches whose gradients are averaged into one update.
    """

    def __init__(
        self, model: MultiModel, optimizer: Adam, *, label_smoothing: float, accumulate_steps: int
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.label_smoothing = label_smoothing
        self.accumulate_steps = accumulate_steps
        self.num_traces = 0
        self._functions: dict[object, Callable[..., Any]] = {}
        self._sums: list[tf.Variable] = []
        if accumulate_steps > 1:
            self._sums = [
                tf.Variable(tf.zeros_like(v), trainable=False) for v in optimizer.variables
            ]
        self._reached: dict[tuple[str, str], list[bool]] = {}
        self._pending: set[tuple[str, str]] = set()

    def update(self, task: Task, batch: Batch, learning_rate: float) -> StepMetrics:
        """Makes one update from one batch (`accumulate_steps` of 1)."""
        function = self._function(task.signature, self._trace_update)
        rate = tf.constant(learning_rate, tf.float32)
        return cast(StepMetrics, function(dict(batch), tf.constant(task.command_index), rate))

    def accumulate(self, task: Task, batch: Batch) -> StepMetrics:
        """Adds the gradients of one batch to those that wait for :meth:`apply_accumulated`."""
        function = self._function((*task.signature, "sum"), self._trace_accumulate)
        self._pending.add(task.signature)
        return cast(StepMetrics, function(dict(batch), tf.constant(task.command_index)))

    def apply_accumulated(self, learning_rate: float) -> tf.Tensor:
        """Makes one update from the waiting gradients and clears them; returns their norm."""
        key = frozenset(self._pending)
        function = self._function(key, self._trace_apply)
        self._pending.clear()
        return function(tf.constant(learning_rate, tf.float32))

    def _function(self, key: Any, trace: Callable[[Any], Any]) -> Callable[..., Any]:
        if key not in self._functions:
            self._functions[key] = trace(key)
            self.num_traces += 1
        return self._functions[key]

    def _gradients(
        self, signature: tuple[str, str], batch: Batch, command: tf.Tensor
    ) -> tuple[list[Any], StepMetrics]:
        input_modality, target_modality = signature
        with tf.GradientTape() as tape:
            outputs = self.model(
                {"inputs": batch["inputs"], "targets": batch["targets"], "command": command},
                input_modality=input_modality,
                target_modality=target_modality,
                training=True,
            )
            loss_sum, weight = self.model.loss(
                outputs.logits, batch["targets"], target_modality, self.label_smoothing
            )
            loss = loss_sum / tf.maximum(weight, 1.0)
            total = loss + outputs.balance_loss
        gradients = tape.gradient(total, self.optimizer.variables)
        metrics = {
            "loss": loss,
            "balance_loss": tf.convert_to_tensor(outputs.balance_loss),
            "target_tokens": weight,
            "examples": tf.shape(batch["targets"])[0],
            "padded_tokens": tf.size(batch["inputs"]) + tf.size(batch["targets"]),
        }
        return gradients, metrics

    def _trace_update(self, signature: tuple[str, str]) -> Callable[..., StepMetrics]:
        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
        def update(batch: Batch, command: tf.Tensor, learning_rate: tf.Tensor) -> StepMetrics:
            gradients, metrics = self._gradients(signature, batch, command)
            metrics["gradient_norm"] = self.optimizer.apply(gradients, learning_rate)
            return metrics

        return cast(Callable[..., StepMetrics], update)

    def _trace_accumulate(self, key: tuple[str, str, str]) -> Callable[..., StepMetrics]:
        signature = (key[0], key[1])

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
        def accumulate(batch: Batch, command: tf.Tensor) -> StepMetrics:
            gradients, metrics = self._gradients(signature, batch, command)
            self._reached[signature] = [gradient is not None for gradient in gradients]
            for total, gradient in zip(self._sums, gradients, strict=True):
                if gradient is not None:
                    total.assign_add(tf.convert_to_tensor(gradient) / self.accumulate_steps)
            return metrics

        return cast(Callable[..., StepMetrics], accumulate)

    def _trace_apply(self, signatures: frozenset[tuple[str, str]]) -> Callable[..., tf.Tensor]:
        flags_of_all = zip(*(self._reached[signature] for signature in signatures), strict=True)
        reached = [any(flags) for flags in flags_of_all]

        @tf.function  # type: ignore[untyped-decorator]
        def apply(learning_rate: tf.Tensor) -> tf.Tensor:
            sums: list[Any] = [
                total.read_value() if is_reached else None
                for total, is_reached in zip(self._sums, reached, strict=True)
            ]
            norm = self.optimizer.apply(sums, learning_rate)
            for total, is_reached in zip(self._sums, reached, strict=True):
                if is_reached:
                    total.assign(tf.zeros_like(total))
            return norm

        return cast(Callable[..., tf.Tensor], apply)
