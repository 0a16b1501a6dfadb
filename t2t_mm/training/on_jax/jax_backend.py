"""The backend of JAX: `jax.value_and_grad`, and a program for each signature and shape."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from keras import ops

from t2t_mm.errors import UserError
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.jax_process import describe_jax_device, prepare_jax
from t2t_mm.settings import OptimizerHParams
from t2t_mm.settings.sections import TrainHParams
from t2t_mm.training.adam import AdamState
from t2t_mm.training.objective import Batch, Signature, StepMetrics, compute_objective
from t2t_mm.training.on_jax.alike import measure_norm_alike, update_alike
from t2t_mm.training.on_jax.donated_state import ADAM, WAITING, Arrays, DonatedState
from t2t_mm.training.on_jax.program import Program
from t2t_mm.training.on_jax.reach_scope import ReachScope
from t2t_mm.training.training_options import TrainingOptions

logger = logging.getLogger(__name__)


class JaxBackend:
    """See `training.backend.Backend`.

    A call returns as soon as its work is handed to the device: the next batch is read, and put
    there, while this one trains.

    Args:
        model: Built; every variable exists.
        optimizer: Adam's settings.
        train: Those of the loop.
    """

    pads_batches = True

    def __init__(self, model: MultiModel, optimizer: OptimizerHParams, train: TrainHParams) -> None:
        self.model = model
        self.hparams = optimizer
        self.train = train
        self.donated = DonatedState(model, train.accumulate_steps > 1)
        self._updates: dict[Signature, Program] = {}

    @staticmethod
    def prepare_process(
        train: TrainHParams, options: TrainingOptions, folders: Sequence[Path]
    ) -> None:
        """See `Backend`; say which settings count for nothing here."""
        for name in ("num_threads", "jit_compile"):
            if value := getattr(train, name):
                logger.warning("train.%s=%s counts for nothing on JAX", name, value)
        if not prepare_jax(options.compile_cache, folders) and options.compile_only:
            raise UserError(
                "Programs that are not kept are compiled for nothing",
                received={"compile_only": True},
                fix="Name a folder that can be written: --compile_cache=....",
            )

    @staticmethod
    def describe_device() -> str:
        """See `Backend`."""
        return describe_jax_device()

    def compile_update(
        self, signature: Signature, example: Batch
    ) -> Callable[[Batch, float], StepMetrics]:
        """See `Backend`."""
        paths = self._list_reached(signature)

        statistics = self.donated.statistics

        def differentiate(state: Arrays, batch: Batch, weights: Arrays) -> tuple[Arrays, Any]:
            gradients, metrics, changed = self._differentiate(
                signature, weights, weights | state, batch
            )
            seen = {path: changed.pop(path) for path in statistics}
            return changed, (gradients, metrics, seen)

        program = self._make_program(differentiate, self.donated.seeds)
        program.compile(example, self.donated.read([*paths, *statistics]))
        if signature not in self._updates:
            self._updates[signature] = self._compile_adam(paths, example)
        update = self._updates[signature]

        def run(batch: Batch, learning_rate: float) -> StepMetrics:
            gradients, metrics, seen = program(batch, self.donated.read([*paths, *statistics]))
            norm = update(_select_command(batch), gradients, seen, np.float32(learning_rate))
            return {**metrics, "gradient_norm": norm}

        return run

    def _compile_adam(self, paths: Sequence[str], example: Batch) -> Program:
        """Compile the updates of variables, whatever the shapes of the batches.

        A program of its own: all gradients are there before the first update anyway, for their
        common norm, and what is compiled for each shape compiles faster without it.
        """

        def update(
            state: Arrays, command: Batch, gradients: Arrays, seen: Arrays, learning_rate: Any
        ) -> tuple[Arrays, Any]:
            reached = {path: self._mark(path, command) for path in paths}
            updated, norm = self._apply(state, gradients, reached, learning_rate)
            return updated | _keep_if_finite(norm, seen, state), norm

        statistics = self.donated.statistics
        values, seen = self.donated.read(paths), self.donated.read(statistics)
        shapes = jax.eval_shape(lambda: (values, seen))
        program = self._make_program(update, [*paths, *_name(ADAM, paths), *statistics])
        return program.compile(_select_command(example), *shapes, np.float32(0))

    def compile_accumulation(
        self, signature: Signature, example: Batch
    ) -> Callable[[Batch], StepMetrics]:
        """See `Backend`."""
        paths = self._list_reached(signature)
        names = [*self.donated.seeds, *self.donated.statistics, *_name(WAITING, paths)]

        def accumulate(state: Arrays, batch: Batch, weights: Arrays) -> tuple[Arrays, StepMetrics]:
            gradients, metrics, changed = self._differentiate(signature, weights, state, batch)
            norm = measure_norm_alike(gradients)
            for path, gradient in gradients.items():
                part = gradient / self.train.accumulate_steps
                changed[f"sum/{path}"] = state[f"sum/{path}"] + part
                changed[f"reached/{path}"] = state[f"reached/{path}"] | self._mark(path, batch)
            seeds = {path: changed.pop(path) for path in self.donated.seeds}  # go on in any case
            kept = _keep_if_finite(norm, changed, state) | seeds
            return kept, metrics | {"gradient_norm": norm}

        program = self._make_program(accumulate, names).compile(example, self.donated.read(paths))
        return lambda batch: program(batch, self.donated.read(paths))

    def compile_accumulated_update(self) -> Callable[[float], Any]:
        """See `Backend`."""
        paths = self.donated.trained
        names = [*paths, *_name((*ADAM, *WAITING), paths)]

        def update(state: Arrays, batch: Batch, learning_rate: Any) -> tuple[Arrays, Any]:
            sums, reached = ({path: state[f"{kind}/{path}"] for path in paths} for kind in WAITING)
            updated, norm = self._apply(state, sums, reached, learning_rate)
            cleared = {name: ops.zeros_like(state[name]) for name in _name(WAITING, paths)}
            return updated | cleared, norm

        program = self._make_program(update, names).compile({}, np.float32(0))
        return lambda learning_rate: program({}, np.float32(learning_rate))

    def _make_program(self, function: Callable[..., Any], names: Sequence[str]) -> Program:
        return Program(function, self.donated, names, self.train.deterministic)

    def _list_reached(self, signature: Signature) -> list[str]:
        return [variable.path for variable in self.model.list_reached_variables(*signature)]

    def _differentiate(
        self, signature: Signature, weights: Arrays, state: Arrays, batch: Batch
    ) -> tuple[Arrays, StepMetrics, Arrays]:
        """Differentiate the objective of a batch, within the function that is compiled.

        Returns:
            The gradients by path, zero where nothing comes; the metrics; and what else the forward
            pass changes, such as the state of seed generators.
        """
        variables, paths = self.donated.variables, self._list_reached(signature)
        others = {path: state[path] for path in (*self.donated.seeds, *self.donated.statistics)}

        def compute(values: Arrays) -> tuple[Any, tuple[StepMetrics, Arrays]]:
            known = values | others
            with ReachScope([variables[path] for path in known], known) as scope:
                objective, metrics = compute_objective(
                    self.model, signature, batch, self.train.label_smoothing
                )
            changed = {path: scope.get_current_value(variables[path]) for path in others}
            return objective, (metrics, changed)

        differentiate = jax.value_and_grad(compute, has_aux=True)
        (_, (metrics, changed)), gradients = differentiate({path: weights[path] for path in paths})
        for path, rows in self.model.free_rows.items():
            if path in gradients:
                column = rows.reshape(-1, *[1] * (len(gradients[path].shape) - 1))
                gradients[path] = gradients[path] * column
        return gradients, metrics, changed

    def _apply(
        self, state: Arrays, gradients: Arrays, reached: Arrays, learning_rate: Any
    ) -> tuple[Arrays, Any]:
        """Update what has gradients; return it with Adam's state, and the gradients' norm."""
        before = {
            path: AdamState(*(state[f"{kind}/{path}"] for kind in ADAM)) for path in gradients
        }
        values, after, norm = update_alike(
            {path: state[path] for path in gradients},
            before,
            gradients,
            reached,
            learning_rate,
            self.hparams,
        )
        for path, adam in after.items():
            values |= {f"{kind}/{path}": one for kind, one in zip(ADAM, adam, strict=True)}
        return values, norm

    def _mark(self, path: str, batch: Batch) -> Any:
        """Return whether a batch reaches a variable, or which of its rows; experts are all."""
        if path not in self.model.row_names:
            return True
        commands, free = self.model.command_embeddings, self.model.free_rows.get(path, True)
        if commands is not None and path == commands.path:
            return self.model.mark_rows(batch["command"]) & free
        return np.ones(self.donated.variables[f"count/{path}"].shape, bool) & free

    def state(self) -> dict[str, Mapping[str, Any]]:
        """See `Backend`."""
        return {"weights": self.donated.name_weights(), "optimizer": self.donated.name_adam()}

    def count_operations(self, signature: Signature, example: Batch) -> float:
        """See `Backend`; as XLA counts them, with the room that experts leave empty."""
        weights = self.donated.read(self._list_reached(signature))
        state = self.donated.read([*self.donated.seeds, *self.donated.statistics])

        def differentiate(values: Arrays) -> Arrays:
            return self._differentiate(signature, values, state, example)[0]

        lowered: Any = jax.jit(differentiate).lower(weights)
        counted = lowered.cost_analysis() or lowered.compile().cost_analysis()  # as on a GPU
        return float(counted["flops"])

    def read_device_peak(self) -> int:
        """See `Backend`."""
        found = [device.memory_stats() or {} for device in jax.local_devices()]
        return sum(int(stats.get("peak_bytes_in_use", 0)) for stats in found)

    def start_profile(self, folder: Path) -> None:
        """See `Backend`."""
        jax.profiler.start_trace(folder)

    def stop_profile(self) -> None:
        """See `Backend`."""
        jax.block_until_ready(self.donated.read(self.donated.trained))  # type: ignore[no-untyped-call]
        jax.profiler.stop_trace()  # type: ignore[no-untyped-call]

    def settle(self) -> None:
        """See `Backend`."""
        self.donated.settle()


def _select_command(batch: Batch) -> Batch:
    return {name: batch[name] for name in ("command",) if name in batch}


def _keep_if_finite(norm: Any, changed: Arrays, before: Arrays) -> Arrays:
    """Return what a batch has changed, or what was before it where its norm is not finite."""
    is_finite = ops.isfinite(norm)
    return {name: ops.where(is_finite, one, before[name]) for name, one in changed.items()}


def _name(kinds: Sequence[str], paths: Sequence[str]) -> list[str]:
    return [f"{kind}/{path}" for path in paths for kind in kinds]
