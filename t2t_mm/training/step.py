"""One training step: a traced function for each signature, shared by all problems that have it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, cast

import tensorflow as tf

from t2t_mm.inference.tracing import trace
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.model.outputs import ExpertReport
from t2t_mm.run.task import Task
from t2t_mm.training.buckets import pad_to_bucket
from t2t_mm.training.optimizer import Adam
from t2t_mm.training.postponed import make_zeros_beside

Batch = Mapping[str, Any]
StepMetrics = dict[str, Any]

LEAST_POSTPONED = 2**16
"""Variables of fewer elements are updated at once: to wait costs three more operations."""
_RATE = tf.TensorSpec([], tf.float32)


class TrainStep:
    """Turns batches into updates of the model.

    A *signature* is the pair (input net, target net). Problems of one signature share one trace:
    the command is a tensor and every axis is dynamic. No batch's own shape is ever traced: a
    resumed run meets other batches first, and other graphs round otherwise.

    Args:
        model: Built; every variable exists.
        optimizer: Built over `model.trainable_variables`.
        label_smoothing: Probability mass spread over the wrong classes.
        accumulate_steps: Batches whose gradients are averaged into one update.
        jit_compile: Whether XLA compiles each signature, once for every bucket of lengths, to
            which batches are padded.
        overlap_update: Whether large variables are updated beside the next step's forward pass.
            Until `optimizer.settle()`, neither they nor their moments are to be read. Not under
            XLA, nor where gradients are accumulated.
    """

    def __init__(
        self,
        model: MultiModel,
        optimizer: Adam,
        *,
        label_smoothing: float,
        accumulate_steps: int,
        jit_compile: bool = False,
        overlap_update: bool = False,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.label_smoothing = label_smoothing
        self.accumulate_steps = accumulate_steps
        self.jit_compile = jit_compile
        self.overlap_update = overlap_update and not jit_compile
        self._functions: dict[Hashable, Any] = {}
        self._postponed: dict[tuple[str, str], list[int]] = {}
        self._sums: list[tf.Variable] = []
        if accumulate_steps > 1:
            self._sums = [make_zeros_beside(variable) for variable in optimizer.variables]
        self._reached: dict[tuple[str, str], list[bool]] = {}
        self._pending: set[tuple[str, str]] = set()
        self._shapes: set[Hashable] = set()

    @property
    def num_traces(self) -> int:
        """How many graphs have been traced so far; under XLA, how many programs were compiled."""
        return max(len(self._functions), len(self._shapes))

    def update(self, task: Task, batch: Batch, learning_rate: float) -> StepMetrics:
        """Make one update from one batch (`accumulate_steps` of 1)."""
        inputs, signature = self._prepare(task, batch), task.signature
        postponed = self._choose_postponed(signature)
        self.optimizer.updates.make_room(postponed)
        if signature not in self._functions:
            self._functions[signature] = self._trace_update(signature, inputs, postponed)
        rate = tf.constant(learning_rate, tf.float32)
        return cast(StepMetrics, self._functions[signature](inputs, rate))

    def _prepare(self, task: Task, batch: Batch) -> dict[str, Any]:
        """Add to a batch what tells the problem; under XLA, pad it to its bucket."""
        if not self.jit_compile:
            return {**batch, **task.indices()}
        padded = pad_to_bucket(batch)
        self._shapes.add((task.signature, *((name, padded[name].shape) for name in padded)))
        return padded | task.indices()

    def _choose_postponed(self, signature: tuple[str, str]) -> list[int]:
        """Return the variables whose updates a step of this signature leaves to the next one.

        They are read after the input net's, in about this order, and by no input net.
        """
        if not self.overlap_update:
            return []
        if signature not in self._postponed:
            index = {name: i for i, name in enumerate(self.optimizer.names)}
            self._postponed[signature] = [
                index[variable.path]
                for variable in self.model.list_variables_after_input(signature[1])
                if math.prod(variable.shape) >= LEAST_POSTPONED
            ]
        return self._postponed[signature]

    def _trace_update(
        self, signature: tuple[str, str], inputs: Batch, postponed: Sequence[int]
    ) -> Any:
        def update(batch: Batch, learning_rate: tf.Tensor) -> StepMetrics:
            self.optimizer.updates.carry_out(postponed)
            gradients, metrics = self.compute_gradients(signature, batch)
            metrics["gradient_norm"] = self.optimizer.apply(gradients, learning_rate, postponed)
            return metrics

        return trace(update, [inputs, _RATE], self.jit_compile)

    def compute_gradients(
        self, signature: tuple[str, str], batch: Batch
    ) -> tuple[list[Any], StepMetrics]:
        """Compute the gradients of one batch, within the function that is being traced.

        Args:
            signature: Share keys of the nets that read and write.
            batch: Inputs, their sizes if they have any, targets, and what tells the problem.

        Returns:
            One gradient for each variable of the optimizer, `None` where the batch does not reach
            it, and the batch's metrics.
        """
        input_modality, target_modality = signature
        with tf.GradientTape() as tape:
            losses = self.model.training_loss(
                batch,
                input_modality=input_modality,
                target_modality=target_modality,
                label_smoothing=self.label_smoothing,
            )
            loss = losses.loss_sum / tf.maximum(losses.weight, 1.0)
            total = loss + losses.balance_loss
        gradients = tape.gradient(total, self.optimizer.variables)
        metrics: StepMetrics = {
            "loss": loss,
            "balance_loss": tf.convert_to_tensor(losses.balance_loss),
            "target_tokens": losses.weight,
            "examples": tf.shape(batch["targets"])[0],
            "padded_tokens": tf.size(batch["targets"]) + _count_padded_tokens(batch["inputs"]),
            "expert_load": {report.name: report.load for report in losses.reports},
        }
        return gradients, metrics | _measure_dropped_slots(losses.reports)

    def accumulate(self, task: Task, batch: Batch) -> StepMetrics:
        """Add the gradients of one batch to those that wait for :meth:`apply_accumulated`."""
        inputs, signature = self._prepare(task, batch), task.signature
        if signature not in self._functions:
            self._functions[signature] = self._trace_accumulation(signature, inputs)
        self._pending.add(signature)
        return cast(StepMetrics, self._functions[signature](inputs))

    def _trace_accumulation(self, signature: tuple[str, str], inputs: Batch) -> Any:
        def accumulate(batch: Batch) -> StepMetrics:
            gradients, metrics = self.compute_gradients(signature, batch)
            self._reached[signature] = [gradient is not None for gradient in gradients]
            for total, gradient in zip(self._sums, gradients, strict=True):
                if gradient is not None:
                    total.assign_add(tf.convert_to_tensor(gradient) / self.accumulate_steps)
            return metrics

        return trace(accumulate, [inputs], self.jit_compile)

    def apply_accumulated(self, learning_rate: float) -> tf.Tensor:
        """Make one update from the waiting gradients and clear them; return their norm."""
        signatures = frozenset(self._pending)
        self._pending.clear()
        if signatures not in self._functions:
            self._functions[signatures] = self._trace_application(signatures)
        return self._functions[signatures](tf.constant(learning_rate, tf.float32))

    def _trace_application(self, signatures: frozenset[tuple[str, str]]) -> Any:
        flags_of_all = zip(*(self._reached[signature] for signature in signatures), strict=True)
        reached = [any(flags) for flags in flags_of_all]

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

        return trace(apply, [_RATE])


def _measure_dropped_slots(reports: Sequence[ExpertReport]) -> StepMetrics:
    """Return the slots that found no room, in percent; nothing where experts take all they get."""
    shares = [report.dropped_share for report in reports if report.dropped_share is not None]
    return {"dropped_slots_percent": 100.0 * tf.reduce_mean(shares)} if shares else {}


def _count_padded_tokens(inputs: tf.Tensor) -> tf.Tensor:
    """Return the places of a batch of texts; pictures and sounds have no tokens."""
    return tf.size(inputs) if inputs.dtype.is_integer else tf.constant(0)
