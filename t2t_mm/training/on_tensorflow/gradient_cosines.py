"""Whether the problems of a run pull its body the same way: cosines of their gradients.

python -m t2t_mm.training.on_tensorflow.gradient_cosines RUN [DATA_DIR]

Measured at every checkpoint that is left and was not measured before, on the same held-out
examples, and kept in RUN/gradients.json. The body is encoder, mixer and decoder: the nets of a
problem are others' only where they are shared. A run that JAX has trained is read like any other.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.data.pipeline.length_limits import choose_limits
from t2t_mm.errors import UserError
from t2t_mm.features import BatchSpec
from t2t_mm.inference.teacher_forcing import collect_arguments
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.restore import RestoredModel, restore_model
from t2t_mm.run.run_data import check_run_data, leave_out_without_split
from t2t_mm.run.run_directory import Run, open_run
from t2t_mm.run.stored_problem import find_problem
from t2t_mm.run.task import GraphKey, Task
from t2t_mm.search.tracing import trace
from t2t_mm.training.gradient_record import (
    compute_cosines,
    read_gradient_record,
    write_gradient_record,
)
from t2t_mm.training.objective import Batch, Signature
from t2t_mm.training.on_tensorflow.tensorflow_backend import TensorFlowBackend

_SPLIT = "validation"


def measure_gradients(
    output_dir: str | Path, *, data_dir: str | Path = "", limit: int = 64
) -> dict[int, dict[str, Any]]:
    """Measure the gradients of a run's problems at each checkpoint; those that are known stay.

    Args:
        output_dir: The run, of two problems or more.
        data_dir: The generated data; the run's own by default.
        limit: Examples of each problem's validation split.

    Returns:
        As `read_gradient_record`.

    Raises:
        UserError: The run or its data is not there or does not match, it has one problem, or Keras
            is not on TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            "Gradients are compared on TensorFlow",
            received={"KERAS_BACKEND": keras.backend.backend()},
            fix="Set the environment variable KERAS_BACKEND=tensorflow.",
        )
    run = open_run(output_dir)
    run.import_own_modules()
    directory = run.find_data(data_dir)
    tasks, _ = leave_out_without_split(run.tasks, _SPLIT, directory)
    if len(tasks) < 2:
        raise UserError(
            "Gradients are compared between problems",
            expected=f"a run of two or more that have a {_SPLIT} split",
            received={"problems": [task.name for task in tasks]},
        )
    check_run_data(run, tasks, _SPLIT, directory)
    record = read_gradient_record(run.directory)
    checkpoints = [
        one for one in CheckpointStore(run.directory).list_checkpoints() if one.step not in record
    ]
    if not checkpoints:
        return record
    batches = {task.name: _read_batches(task, run, directory, limit) for task in tasks}
    restored = restore_model(run, checkpoints[0].path)
    gradients = BodyGradients(restored, run)
    for checkpoint in checkpoints:
        restored.read_again(checkpoint)  # into the same model
        found = {task.name: gradients.compute(task, batches[task.name]) for task in tasks}
        record[checkpoint.step] = {
            "cosines": compute_cosines({name: one[0] for name, one in found.items()}),
            "experts": {name: one[1] for name, one in found.items()},
        }
        write_gradient_record(run.directory, record)
    return record


def _read_batches(task: Task, run: Run, data_dir: Path, limit: int) -> list[Batch]:
    problem, data = find_problem(task, data_dir), run.hparams.data
    dataset = make_evaluation_dataset(
        problem,
        _SPLIT,
        data_dir=data_dir,
        batch=BatchSpec(tokens=data.eval_batch_tokens),
        limit=limit,
        limits=choose_limits(problem, data),
    )
    return [collect_arguments(task, batch) for batch in dataset]


class BodyGradients:
    """Differentiates the loss of a model by the variables of its body.

    Args:
        restored: The model, whose weights may change between two calls.
        run: Whose settings decide its loss.
    """

    def __init__(self, restored: RestoredModel, run: Run) -> None:
        model, hparams = restored.model, run.hparams
        train = dataclasses.replace(hparams.train, accumulate_steps=1, overlap_update=False)
        self._backend = TensorFlowBackend(model, hparams.optimizer, train)
        self._statistics = model.list_statistics()
        parts = [part for part in (model.encoder, model.mixer, model.decoder) if part is not None]
        self._body = {one.path for part in parts for one in part.trainable_variables}
        self._compiled: dict[GraphKey, Callable[[Batch], Any]] = {}

    def compute(
        self, task: Task, batches: Sequence[Batch]
    ) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, list[float]]]:
        """Compute the gradient of a problem and how its choices fall on the experts.

        The model stays as it was: what a pass of training changes, as running means, is put back.

        Args:
            task: The problem.
            batches: With what tells the problem.

        Returns:
            The sum over the batches by the path of a variable; and each expert's share of the
            choices, by mixture.
        """
        gradients: dict[str, Any] = {}
        loads: dict[str, Any] = {}
        before = [np.copy(keras.ops.convert_to_numpy(one)) for one in self._statistics]
        for batch in batches:
            key = task.make_graph_key(batch)
            if key not in self._compiled:
                self._compiled[key] = self._compile(task.signature, batch)
            found, load = self._compiled[key](batch)
            _add(gradients, found)
            _add(loads, load)
        for one, value in zip(self._statistics, before, strict=True):
            one.assign(value)
        shares = {
            name: (load / max(load.sum(), 1.0)).round(6).tolist() for name, load in loads.items()
        }
        return gradients, shares

    def _compile(self, signature: Signature, example: Batch) -> Callable[[Batch], Any]:
        names = self._backend.optimizer.names

        def compute(batch: Batch) -> Any:
            found, metrics = self._backend.compute_gradients(signature, batch)
            of_body = {names[i]: one for i, one in found.items() if names[i] in self._body}
            return of_body, metrics["expert_load"]

        compiled: Callable[[Batch], Any] = trace(compute, [example])
        return compiled


def _add(sums: dict[str, Any], found: Mapping[str, Any]) -> None:
    for name, value in found.items():
        sums[name] = sums.get(name, 0.0) + np.asarray(value, np.float64)


def main(arguments: Sequence[str]) -> int:
    """Measure a run; return the exit code.

    Args:
        arguments: The run, and where its data is if not where it was.
    """
    try:
        if len(arguments) not in (1, 2):
            raise UserError("Name a run, and its data_dir", received={"arguments": arguments})
        measure_gradients(arguments[0], data_dir="".join(arguments[1:]))
    except UserError as error:
        print(f"gradient_cosines: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
