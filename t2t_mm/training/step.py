"""One training step: a compiled function for each signature, which its problems share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import numpy as np

from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.padding import describe_batch, measure_padding
from t2t_mm.errors import UserError
from t2t_mm.run.device_memory import DeviceMemoryError, tell_exhaustion
from t2t_mm.run.task import Task
from t2t_mm.training.backend import Backend
from t2t_mm.training.objective import Batch, StepMetrics


class TrainStep:
    """Turns batches into updates of the model.

    A *signature* is the pair (input net, target net).

    Args:
        backend: Of the model.
        loss_weights: By problem, what its loss is multiplied with; none: no loss is.
    """

    def __init__(self, backend: Backend, loss_weights: Mapping[str, float] | None = None) -> None:
        self.backend = backend
        self.loss_weights = loss_weights
        self._functions: dict[Hashable, Callable[..., Any]] = {}
        self._shapes: set[Hashable] = set()
        self._kinds: dict[str, dict[str, FeatureKind]] = {}

    @property
    def num_traces(self) -> int:
        """How many functions were compiled so far; where shapes are compiled, how many of these."""
        of_shapes = len(self._shapes) + ("accumulated" in self._functions)
        return max(len(self._functions), of_shapes)

    def update(self, task: Task, batch: Batch, learning_rate: float) -> StepMetrics:
        """Make one update from one batch (`train.accumulate_steps` of 1)."""
        inputs, key = self._prepare(task, batch), task.make_graph_key(batch)
        with name_what_is_too_large(task, batch):
            if key not in self._functions:
                self._functions[key] = self.backend.compile_update(task.signature, inputs)
            metrics: StepMetrics = self._functions[key](inputs, learning_rate)
        return metrics | self._measure(task, batch)

    def accumulate(self, task: Task, batch: Batch) -> StepMetrics:
        """Add the gradients of one batch to those that wait for `apply_accumulated`."""
        inputs, key = self._prepare(task, batch), task.make_graph_key(batch)
        with name_what_is_too_large(task, batch):
            if key not in self._functions:
                self._functions[key] = self.backend.compile_accumulation(task.signature, inputs)
            metrics: StepMetrics = self._functions[key](inputs)
        return metrics | self._measure(task, batch)

    def apply_accumulated(self, learning_rate: float) -> Any:
        """Make one update from the waiting gradients and clear them; return their norm."""
        if "accumulated" not in self._functions:
            self._functions["accumulated"] = self.backend.compile_accumulated_update()
        return self._functions["accumulated"](learning_rate)

    def describe_program(self, task: Task, batch: Batch, seconds: float) -> str:
        """Say what was compiled last, and how long that and its first run took."""
        shape = f"{describe_batch(batch)}, " if self.backend.pads_batches else ""
        nets = " to ".join(task.signature)
        return f"graph {self.num_traces}: {nets}, {shape}traced and run in {seconds:.1f} s"

    def _prepare(self, task: Task, batch: Batch) -> dict[str, Any]:
        """Add to a batch what tells the problem; note its shapes if each is compiled."""
        if self.backend.pads_batches:
            shapes = ((name, tuple(values.shape)) for name, values in sorted(batch.items()))
            self._shapes.add((task.signature, *shapes))
        return complete_batch(task, batch, self.loss_weights)

    def _measure(self, task: Task, batch: Batch) -> StepMetrics:
        """Count positions and padding, on the host: while the device may be at work."""
        if task.name not in self._kinds:
            self._kinds[task.name] = choose_kinds({"inputs": task.inputs, "targets": task.targets})
        padding = measure_padding(batch, self._kinds[task.name])
        return {"positions": padding.positions, "padding_positions": padding.padded}


def complete_batch(
    task: Task, batch: Batch, loss_weights: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Add to a batch what tells its problem, and the weight of its loss where losses have some."""
    weight = {"loss_weight": np.float32(loss_weights.get(task.name, 1.0))} if loss_weights else {}
    return {**batch, **task.indices(), **weight}


@contextlib.contextmanager
def name_what_is_too_large(task: Task, batch: Batch) -> Iterator[None]:
    """Name problem, bucket and what to lower where memory runs out in the block.

    Args:
        task: The problem.
        batch: What is computed or compiled for.

    Raises:
        UserError: Memory ran out.
    """
    try:
        with tell_exhaustion():
            yield
    except DeviceMemoryError as error:
        raise UserError(
            f"A batch of {task.name} needs more memory than the {error.place} has, in the bucket "
            f"of {describe_batch(batch)}. {error.told}",
            fix=f"Lower its batch (data.batches={{{task.name}: ...}}, or data.batch_tokens or "
            "data.batch_examples for all) or its longest examples (data.max_pieces, "
            "data.max_seconds); train.accumulate_steps averages over several batches.",
        ) from error
