"""Passes over given targets (teacher forcing): how probable they are, and what happens inside.

Axis letters: B batch, L positions, T targets, K experts of each position, N rows.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.inference.inner_view import ExpertUse, InnerView, Inspection, make_inspections
from t2t_mm.layers.cross_entropy import compute_cross_entropy
from t2t_mm.layers.masking import mark_real_positions
from t2t_mm.layers.watching import watch_layers
from t2t_mm.modalities.base import Positions
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.model.outputs import ExpertReport
from t2t_mm.run.device_memory import tell_exhaustion
from t2t_mm.run.task import GraphKey, Task
from t2t_mm.search.few_shapes import list_open_axes, needs_few_shapes, pad_to_few_shapes
from t2t_mm.search.forward import compile_forward

Tensor = Any

_SOURCE_ATTENTION = "/attention/source_attention"
_LESS_MEMORY = (
    "Lower decode.batch_size (decode_hparams of t2t_mm.load), or use the CPU: "
    "CUDA_VISIBLE_DEVICES=-1."
)


class TeacherForcing:
    """Runs a model on inputs and given targets; one trace serves every size.

    Args:
        model: Built; its weights may change between two calls.
        vocabularies: By name.

    Example:
        >>> import t2t_mm
        >>> loaded = t2t_mm.load("demo/run")
        >>> task = loaded.run.task("mini_ende")
        >>> inputs, targets = np.array([[7, 9, 1]], np.int32), np.array([[5, 1]], np.int32)
        >>> forcing = TeacherForcing(loaded.restored.model, loaded.restored.vocabularies)
        >>> len(forcing.score(task, {"inputs": inputs, "targets": targets}))
        1
    """

    def __init__(self, model: MultiModel, vocabularies: Mapping[str, Vocabulary]) -> None:
        self.model = model
        self.vocabularies = vocabularies
        self._compiled: dict[tuple[str, GraphKey], Any] = {}
        self._compiling = threading.Lock()

    @tell_exhaustion(_LESS_MEMORY)
    def score(self, task: Task, batch: Mapping[str, Any]) -> list[float]:
        """Compute the log-probability of each example's targets.

        Args:
            task: One of the model's.
            batch: "inputs", "inputs_size" where there is one, and "targets".

        Returns:
            B float32 numbers: the sum of the log-softmax, in float32, at the symbols of a text, its
            end of sequence included, or at the class.
        """
        scores = np.asarray(self._run("score", self._score_batch, task, batch))
        return [float(score) for score in scores[: len(batch["inputs"])]]

    @tell_exhaustion(_LESS_MEMORY)
    def inspect(self, task: Task, batch: Mapping[str, Any]) -> list[Inspection]:
        """Return what the source attentions look at and which experts serve which position.

        Args:
            task: One of the model's.
            batch: As `score` takes it; classes are not looked at.
        """
        view = self._run("inspect", self._view_batch, task, batch)
        arrays = InnerView(*keras.tree.map_structure(np.asarray, tuple(view)))
        return make_inspections(task, self.vocabularies, batch, arrays)

    def _run(self, name: str, compute: Any, task: Task, batch: Mapping[str, Any]) -> Any:
        arguments = collect_arguments(task, batch)
        key = (name, task.make_graph_key(batch))
        with self._compiling:
            if key not in self._compiled:
                self._compiled[key] = compile_forward(
                    self.model, lambda batch: compute(*task.signature, batch), [arguments]
                )
        return self._compiled[key](arguments)

    def _score_batch(
        self, input_modality: str, target_modality: str, batch: Mapping[str, Tensor]
    ) -> Tensor:
        outputs = self.model(
            batch, input_modality=input_modality, target_modality=target_modality, training=False
        )
        logits, targets = outputs.logits, batch["targets"]
        flat = ops.reshape(logits, (-1, logits.shape[-1]))
        losses = compute_cross_entropy(flat, ops.reshape(targets, (-1,)))
        if self.model.modalities[target_modality].reads_encoder:
            return -losses
        losses_BT = ops.reshape(losses, ops.shape(targets))
        return -ops.sum(ops.where(mark_real_positions(targets), losses_BT, 0.0), axis=1)

    def _view_batch(
        self, input_modality: str, target_modality: str, batch: Mapping[str, Tensor]
    ) -> InnerView:
        encoded = self.model.encode(
            batch["inputs"],
            modality=input_modality,
            sizes=batch.get("inputs_size"),
            problem=batch["problem"],
            is_example=batch.get("is_example"),
        )
        mask = encoded.positions.mask
        experts = {report.name: _spread(report, mask) for report in encoded.reports}
        with watch_layers() as told:
            if not self.model.modalities[target_modality].reads_encoder:
                is_real = mark_real_positions(batch["targets"])
                _, reports = self.model.decode(
                    encoded,
                    batch["targets"],
                    modality=target_modality,
                    command=batch["command"],
                    mask=is_real,
                )
                experts |= {report.name: _spread(report, is_real) for report in reports}
        attention = {
            path.removesuffix(_SOURCE_ATTENTION).partition("/")[2]: ops.cast(weights, "float32")
            for path, weights in told.items()
            if path.endswith(_SOURCE_ATTENTION)
        }
        return InnerView(mask, _measure_grids(encoded.positions), attention, experts)


def collect_arguments(task: Task, batch: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the model's call reads of a batch and a task; on JAX in few shapes.

    Args:
        task: Whose batch it is.
        batch: As input pipelines make them; other entries are left out.
    """
    read = {name: batch[name] for name in ("inputs", "inputs_size", "targets") if name in batch}
    if needs_few_shapes():
        sides = {"inputs": task.inputs, "targets": task.targets}
        open_axes = {side: list_open_axes(choose_kind(spec)) for side, spec in sides.items()}
        read = pad_to_few_shapes(read, open_axes)
    return read | task.indices()


def _measure_grids(positions: Positions) -> Tensor:
    """Return the rows and columns of the positions of pictures, int32[B, 2]; 0 of others."""
    rows, columns, sizes = positions.grid or (0, 0, None)
    if sizes is not None:
        return ops.cast(sizes, "int32")
    return ops.tile(ops.stack([[rows, columns]]), (ops.shape(positions.mask)[0], 1))


def _spread(report: ExpertReport, mask: Tensor) -> ExpertUse:
    """Return the experts of each position of bool[B, L], where they may be one problem's."""
    batch_size, length = ops.shape(mask)
    rows = ops.arange(batch_size * length) % ops.shape(report.experts)[0]
    shape = (batch_size, length, report.experts.shape[-1])
    experts, gates = (
        ops.reshape(ops.take(chosen, rows, axis=0), shape)
        for chosen in (report.experts, report.gates)
    )
    return ExpertUse(experts, gates, ops.cast(ops.shape(report.load)[0], "int32"))
