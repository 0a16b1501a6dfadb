"""`export`: a trained run as one SavedModel that needs neither this package nor Keras."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from t2t_mm import registry
from t2t_mm.data.kinds.kind_table import feature_to_json
from t2t_mm.data.kinds.stored_arrays import describe_array_type
from t2t_mm.errors import UserError
from t2t_mm.files.disk import claim_folder, remove_leftover, report_full_disk
from t2t_mm.files.quiet_start import hold_back
from t2t_mm.inference.served_graphs import ServedGraphs
from t2t_mm.layers.forms import is_on_tensorflow
from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_data import choose_tasks
from t2t_mm.run.run_directory import leave_mesh_out, open_run
from t2t_mm.run.task import Task

_LINE_OF_TOKENIZER = re.compile(r"normalizer\.cc\(")
_LARGEST_VERSION = 2**63 - 1


@dataclass(frozen=True)
class Export:
    """What `export` wrote.

    Attributes:
        path: The SavedModel, `EXPORT_DIR/VERSION`.
        step: Updates that its weights have seen.
        signatures: By problem what goes in and out, by name: "string[any]", one row at least.
        num_bytes: Of all its files.
        seconds: That it took.
    """

    path: str
    step: int
    signatures: Mapping[str, Mapping[str, Any]]
    num_bytes: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return what a program reads."""
        return asdict(self)


def export(
    output_dir: str | Path,
    export_dir: str | Path = "",
    *,
    problems: str | Sequence[str] = (),
    version: int = 0,
    checkpoint_path: str | Path = "",
    t2t_usr_dir: str | Sequence[str] = (),
) -> Export:
    """Write a run as a SavedModel with a signature for each problem: raw in, readable out.

    The Python form of `t2t-exporter`. It loads where TensorFlow and tensorflow-text are, and is
    laid out for TensorFlow Serving; weights that no exported problem reads are not in it. What goes
    in and out also stands in its `assets.extra/t2t_mm.json`.

    Args:
        output_dir: The trained run, whatever backend it was trained on.
        export_dir: Where versions lie side by side; `OUTPUT_DIR/export` by default.
        problems: Names among the run's, globs or groups; all by default. That of one problem
            alone is `serving_default`, too.
        version: Number of the folder in `export_dir`; by default one more than the last.
        checkpoint_path: One checkpoint; the best, else the newest, by default.
        t2t_usr_dir: Where user problems are, if the run's own place is not to be used.

    Raises:
        UserError: No run, no such problem, the version is there, or a problem's inputs are of a
            kind that does not say how they are read in a graph.

    Example:
        >>> written = export("demo/run", "served", problems="mini_ende")
        >>> written.path, written.signatures["mini_ende"]["outputs"]
        ('served/1', {'outputs': 'string[any]'})
        >>> answer = tf.saved_model.load(written.path).signatures["serving_default"]
        >>> answer(inputs=tf.constant(["A tree."]))["outputs"].shape
        TensorShape([1])
    """
    started = time.perf_counter()
    if not is_on_tensorflow():
        raise UserError(
            "A model is exported on TensorFlow, whatever it was trained on",
            fix="Start Python anew with the environment variable KERAS_BACKEND=tensorflow.",
        )
    registry.import_user_modules(t2t_usr_dir)
    run = open_run(output_dir)
    tasks = choose_tasks(run, problems)
    parent = Path(export_dir or run.directory / "export")
    with claim_folder(parent, "an export"), report_full_disk(parent, "other versions are kept"):
        folder = choose_version(parent, version)
        restored = restore_model(leave_mesh_out(run), checkpoint_path, tasks)
        graphs = ServedGraphs(restored, run.hparams.decode.extra_length, run.hparams.data)
        with hold_back(_LINE_OF_TOKENIZER):
            signatures = {task.name: graphs.trace(task) for task in tasks}
        described = {task.name: _describe(task, signatures[task.name]) for task in tasks}
        unfinished = folder.with_name(f"{folder.name}.incomplete")
        remove_leftover(unfinished)
        _save(graphs.make_module(signatures.values()), signatures, unfinished)
        _write_description(unfinished, {"step": restored.step, "signatures": described})
        unfinished.rename(folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    num_bytes = sum(path.stat().st_size for path in files)
    seconds = round(time.perf_counter() - started, 1)
    return Export(str(folder), restored.step, described, num_bytes, seconds)


def choose_version(export_dir: Path, version: int = 0) -> Path:
    """Return the folder of a version that is not there yet, by default the next.

    Args:
        export_dir: Where versions lie side by side.
        version: Its number; 0: one more than the largest.

    Raises:
        UserError: It is there, or no number that TensorFlow Serving reads.

    Example:
        >>> Path("versions/7").mkdir(parents=True)
        >>> choose_version(Path("versions")).name
        '8'
    """
    others = [int(path.name) for path in export_dir.glob("*") if path.name.isdecimal()]
    following = max(others, default=0) + 1
    if not 0 <= version <= _LARGEST_VERSION:
        raise UserError("A version is a number from 1 on", received={"version": version})
    if version in others:
        raise UserError(
            f"{export_dir / str(version)} is there already",
            expected=f"a version that is not there, such as {following}",
            received={"version": version},
        )
    return export_dir / str(version or following)


def _save(module: tf.Module, signatures: Mapping[str, Any], folder: Path) -> None:
    named = dict(signatures)
    if len(named) == 1:
        (named["serving_default"],) = signatures.values()
    tf.saved_model.save(module, str(folder), signatures=named)


def _describe(task: Task, graph: Any) -> dict[str, Any]:
    """Describe a signature by names and types, and what the problem declares of its inputs."""
    given, answers = graph.structured_input_signature[1], graph.structured_outputs
    return {
        "problem": task.describe(),
        "feature": feature_to_json(task.inputs),
        **{
            side: {
                name: describe_array_type(tensor.dtype.name, tensor.shape)
                for name, tensor in tensors.items()
            }
            for side, tensors in (("inputs", given), ("outputs", answers))
        },
    }


def _write_description(folder: Path, description: Mapping[str, Any]) -> None:
    """Write a file where TensorFlow Serving leaves those of others alone."""
    path = folder / "assets.extra" / "t2t_mm.json"
    path.parent.mkdir()
    path.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
