"""What trainer, loop and checkpoints ask of a backend, and which there are."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras

from t2t_mm.errors import UserError
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.settings import OptimizerHParams
from t2t_mm.settings.sections import TrainHParams
from t2t_mm.training.objective import Batch, Signature, StepMetrics
from t2t_mm.training.training_options import TrainingOptions

BACKENDS = {
    "jax": "t2t_mm.training.on_jax.jax_backend:JaxBackend",
    "tensorflow": "t2t_mm.training.on_tensorflow.tensorflow_backend:TensorFlowBackend",
}
"""By the name of Keras's backend; imported when a run trains."""


class Backend(Protocol):
    """Makes functions of one model fast, and owns what changes when they are called.

    What a compiled function is given may have every size, and lies on the host or on a device.

    Args:
        model: Built; every variable exists.
        optimizer: Adam's settings.
        train: Those of the loop: accumulation, compilation, smoothing.

    Attributes:
        model: As given.
        pads_batches: Whether batches are to be padded to few shapes, each of which is compiled.
    """

    model: MultiModel
    pads_batches: bool

    def __init__(
        self, model: MultiModel, optimizer: OptimizerHParams, train: TrainHParams
    ) -> None: ...

    @staticmethod
    def prepare_process(
        train: TrainHParams, options: TrainingOptions, folders: Sequence[Path]
    ) -> None:
        """Set devices, threads and determinism, before anything has run.

        Args:
            train: Settings of the loop.
            options: Of this call: where compiled programs are kept.
            folders: Of the run and its data, where nothing else is to be kept.
        """

    @staticmethod
    def describe_device() -> str:
        """Say what computes, as "on cuda:0, NVIDIA H100 (JAX 0.11.2)"."""

    def compile_update(
        self, signature: Signature, example: Batch
    ) -> Callable[[Batch, float], StepMetrics]:
        """Compile an update of the model by one batch and a learning rate.

        Its metrics are those of `compute_objective` and "gradient_norm".
        """

    def compile_accumulation(
        self, signature: Signature, example: Batch
    ) -> Callable[[Batch], StepMetrics]:
        """Compile the adding of a batch's gradients to those that wait for an update."""

    def compile_accumulated_update(self) -> Callable[[float], Any]:
        """Compile an update by the mean of the gradients that wait; it returns their norm."""

    def state(self) -> dict[str, Mapping[str, Any]]:
        """Name all that a checkpoint holds: "weights" and "optimizer", each by name.

        What is named is read by `np.asarray` and written by `assign`. Checkpoints have the same
        names and shapes on all backends.
        """

    def count_operations(self, signature: Signature, example: Batch) -> float:
        """Count the multiplications and additions of a step, forward and backward."""

    def read_device_peak(self) -> int:
        """Return the most bytes that accelerators have held for this process; 0: there is none."""

    def start_profile(self, folder: Path) -> None:
        """Begin to record what is computed, for TensorBoard's profiler."""

    def stop_profile(self) -> None:
        """Wait for what was computed and write the record."""

    def settle(self) -> None:
        """Finish what is left to the next step: before the state is read, written or evaluated."""


def find_backend() -> type[Backend]:
    """Return the backend that is Keras's in this process.

    Raises:
        UserError: There is none.

    Example:
        >>> find_backend().__name__
        'TensorFlowBackend'
    """
    name = keras.backend.backend()
    if name not in BACKENDS:
        raise UserError(
            f"The trainer does not run on Keras's backend {name!r}",
            expected=f"one of {', '.join(BACKENDS)}",
            received={"KERAS_BACKEND": name},
        )
    module, _, class_name = BACKENDS[name].partition(":")
    found: type[Backend] = getattr(importlib.import_module(module), class_name)
    return found
