"""The backend of TensorFlow: a tape, and a graph for each signature."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from t2t_mm.errors import UserError
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.named_variables import name_variables
from t2t_mm.search.tracing import trace
from t2t_mm.settings import OptimizerHParams
from t2t_mm.settings.sections import TrainHParams
from t2t_mm.training.objective import Batch, Signature, StepMetrics, compute_objective
from t2t_mm.training.on_tensorflow.gradient_sums import GradientSums
from t2t_mm.training.on_tensorflow.operations import count_operations
from t2t_mm.training.on_tensorflow.optimizer import Adam
from t2t_mm.training.training_options import TrainingOptions

logger = logging.getLogger(__name__)

LEAST_POSTPONED = 2**16
"""Variables of fewer elements are updated at once: to wait costs three more operations."""
_RATE = tf.TensorSpec([], tf.float32)


class TensorFlowBackend:
    """See `training.backend.Backend`.

    Problems of one signature share one graph: the command is a tensor and every axis is dynamic.
    No batch's own shape is ever traced: a resumed run meets other batches first, and other graphs
    round otherwise.

    With `train.overlap_update` large variables are updated beside the next step's forward pass.
    Until `settle`, neither they nor their moments are to be read. Not under XLA, nor where
    gradients are accumulated.

    Args:
        model: Built; every variable exists.
        optimizer: Adam's settings.
        train: Those of the loop.
    """

    def __init__(self, model: MultiModel, optimizer: OptimizerHParams, train: TrainHParams) -> None:
        self.model = model
        self.train = train
        self.pads_batches = train.jit_compile
        self.optimizer = Adam(model.trainable_variables, model.row_names, optimizer)
        self._index = {name: i for i, name in enumerate(self.optimizer.names)}
        self._has_gradient: dict[Signature, list[bool]] = {}
        self._sums: GradientSums | None = None
        if train.accumulate_steps > 1:
            self._sums = GradientSums(self.optimizer)

    @staticmethod
    def prepare_process(
        train: TrainHParams, options: TrainingOptions, folders: Sequence[Path]
    ) -> None:
        """See `Backend`."""
        for name in ("compile_cache", "compile_only"):
            if value := getattr(options, name):
                raise UserError(
                    f"{name} counts for nothing on TensorFlow, which keeps no programs",
                    received={name: value},
                    fix="Leave it out, or give --backend=jax.",
                )
        if options.save_in_background:
            raise UserError(
                "TensorFlow writes checkpoints variable by variable, without a second copy of them",
                received={"save_in_background": True},
                fix="Leave it out, or give --backend=jax.",
            )
        if train.num_threads:
            try:
                tf.config.threading.set_intra_op_parallelism_threads(train.num_threads)
            except RuntimeError:  # it decides how fast a run is, and nothing else
                told = "train.num_threads=%s counts for nothing: TensorFlow has started already"
                logger.warning(told, train.num_threads)
        if train.deterministic:
            tf.config.experimental.enable_op_determinism()
            # It would make sums of two into sums of many, see `compute_gradients`.
            tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})

    @staticmethod
    def describe_device() -> str:
        """See `Backend`."""
        devices = tf.config.list_logical_devices("GPU")
        if not devices:
            return f"on the CPU (TensorFlow {tf.__version__})"
        name = devices[0].name.removeprefix("/device:").lower()
        others = f", experts of a mesh on {len(devices)}" if len(devices) > 1 else ""
        return f"on {name}{others} (TensorFlow {tf.__version__})"

    def compile_update(
        self, signature: Signature, example: Batch
    ) -> Callable[[Batch, float], StepMetrics]:
        """See `Backend`."""
        postponed = self.choose_postponed(signature)
        updates = self.optimizer.updates

        def update(batch: Batch, learning_rate: tf.Tensor) -> StepMetrics:
            updates.carry_out(postponed)
            statistics = self._read_statistics()
            gradients, metrics = self.compute_gradients(signature, batch)
            norm = self.optimizer.apply(
                gradients, self._mark_rows(gradients, batch), learning_rate, postpone=postponed
            )
            _keep_if_finite(norm, statistics)
            return metrics | {"gradient_norm": norm}

        updates.make_room(postponed)
        graph = trace(update, [example, _RATE], self.train.jit_compile)
        self._check_reach(signature)

        def run(batch: Batch, learning_rate: float) -> StepMetrics:
            updates.make_room(postponed)
            metrics: StepMetrics = graph(batch, tf.constant(learning_rate, tf.float32))
            return metrics

        return run

    def choose_postponed(self, signature: Signature) -> list[int]:
        """Return the variables whose updates a step of this signature leaves to the next one.

        No input net reads any of these: the next step may be of another signature, and makes only
        the updates that wait for its own.
        """
        if not self.train.overlap_update or self.train.jit_compile or self._sums is not None:
            return []
        nets = self.model.modalities.values()
        read = {variable.path for net in nets for variable in net.list_input_variables()}
        return [
            self._index[variable.path]
            for variable in self.model.list_reached_variables(*signature)
            if math.prod(variable.shape) >= LEAST_POSTPONED
            and variable.path not in read | self.model.row_names.keys()
        ]

    def compute_gradients(
        self, signature: Signature, batch: Batch
    ) -> tuple[dict[int, tf.Tensor], StepMetrics]:
        """Compute the gradients of one batch, within the function that is being traced.

        Returns:
            The gradient of each variable that the signature reaches, by its index in the
            optimizer: zeros where nothing comes, as to the encoder in a model without attention.
            And the batch's metrics.
        """
        objective, metrics = compute_objective(
            self.model, signature, batch, self.train.label_smoothing
        )
        # Sums of two: one of more begins with the term whose memory is free, so that its last bits
        # hang on which operation ended first.
        found = tf.gradients(
            objective,
            self.optimizer.variables,
            aggregation_method=tf.AggregationMethod.EXPERIMENTAL_TREE,
        )
        self._has_gradient[signature] = [gradient is not None for gradient in found]
        gradients = {
            i: tf.zeros_like(self.optimizer.variables[i])
            if found[i] is None
            else tf.convert_to_tensor(found[i])
            for i in self._list_reached(signature)
        }
        for path, rows in self.model.free_rows.items():
            if (i := self._index[path]) in gradients:
                gradients[i] = gradients[i] * rows[:, None].astype("float32")
        return gradients, metrics

    def _read_statistics(self) -> list[tuple[tf.Variable, tf.Tensor]]:
        """Read what a forward pass changes, but for the states of seed generators."""
        variables = [variable.value for variable in self.model.list_statistics()]
        return [(variable, variable.read_value()) for variable in variables]

    def _list_reached(self, signature: Signature) -> list[int]:
        reached = self.model.list_reached_variables(*signature)
        return sorted(self._index[variable.path] for variable in reached)

    def _check_reach(self, signature: Signature) -> None:
        """Refuse nets that reach more variables than they say, after a function was traced.

        Updates would be lost, or would wait while what they change is read.
        """
        said = self._list_reached(signature)
        found = np.flatnonzero(self._has_gradient[signature])
        beside = [self.optimizer.names[i] for i in found if i not in said]
        if beside:
            raise UserError(
                f"A batch from {signature[0]} to {signature[1]} reaches variables that its nets do "
                "not name",
                received={"variables": beside},
                fix="Let list_input_variables and list_target_variables of the modality return all "
                "that each side uses; a variable of both sides belongs in both.",
            )

    def _mark_rows(self, gradients: Mapping[int, Any], batch: Batch) -> dict[int, tf.Tensor]:
        """Return which rows a batch reaches of each table that has a gradient."""
        tables = self.optimizer.row_names.keys() & gradients.keys()
        free = {self._index[path]: rows for path, rows in self.model.free_rows.items()}
        return {i: self.model.mark_rows(batch["command"]) & free.get(i, True) for i in tables}

    def compile_accumulation(
        self, signature: Signature, example: Batch
    ) -> Callable[[Batch], StepMetrics]:
        """See `Backend`."""
        sums = self._require_sums()

        def accumulate(batch: Batch) -> StepMetrics:
            statistics = self._read_statistics()
            gradients, metrics = self.compute_gradients(signature, batch)
            share = 1.0 / self.train.accumulate_steps
            norm = sums.add(gradients, self._mark_rows(gradients, batch), share)
            _keep_if_finite(norm, statistics)
            return metrics | {"gradient_norm": norm}

        compiled: Callable[[Batch], StepMetrics]
        compiled = trace(accumulate, [example], self.train.jit_compile)
        self._check_reach(signature)
        return compiled

    def compile_accumulated_update(self) -> Callable[[float], tf.Tensor]:
        """See `Backend`."""
        graph = trace(self._require_sums().apply, [_RATE])
        return lambda learning_rate: graph(tf.constant(learning_rate, tf.float32))

    def _require_sums(self) -> GradientSums:
        assert self._sums is not None, "gradients are accumulated where accumulate_steps is 1"
        return self._sums

    def state(self) -> dict[str, Mapping[str, Any]]:
        """See `Backend`."""
        weights = name_variables(self.model.variables, self.model.row_names)
        return {"weights": weights, "optimizer": self.optimizer.state()}

    def count_operations(self, signature: Signature, example: Batch) -> float:
        """See `Backend`; those of matrix products and convolutions."""
        return count_operations(lambda: self.compute_gradients(signature, example))

    def read_device_peak(self) -> int:
        """See `Backend`."""
        devices = tf.config.list_logical_devices("GPU")
        names = [device.name.removeprefix("/device:") for device in devices]
        return sum(tf.config.experimental.get_memory_info(name)["peak"] for name in names)

    def start_profile(self, folder: Path) -> None:
        """See `Backend`."""
        tf.profiler.experimental.start(str(folder))

    def stop_profile(self) -> None:
        """See `Backend`."""
        tf.profiler.experimental.stop()

    def settle(self) -> None:
        """See `Backend`."""
        self.optimizer.updates.settle()


def _keep_if_finite(norm: tf.Tensor, before: Sequence[tuple[tf.Variable, tf.Tensor]]) -> None:
    """Give variables the values that they had before a batch whose gradients are not finite."""
    is_finite = tf.math.is_finite(norm)
    for variable, value in before:
        variable.assign(tf.where(is_finite, variable.read_value(), value))
