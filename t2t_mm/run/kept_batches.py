"""Batches that training could not learn from, kept in the run's folder to be looked at.

run_dir/faults/00000123-0/
    batch.npz      as the nets were given it
    fault.json     problem, step, and what was not finite
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from t2t_mm.data.kinds.feature_kind import FeatureKind
from t2t_mm.data.kinds.kind_table import choose_kinds, name_vocabulary
from t2t_mm.data.pipeline.padding import SIZE_SUFFIX
from t2t_mm.errors import UserError
from t2t_mm.files.disk import remove_leftover
from t2t_mm.files.parsed_json import parse_json
from t2t_mm.run.run_directory import open_run
from t2t_mm.run.task import load_task_vocabularies
from t2t_mm.run.written_arrays import write_arrays

MOST_KEPT = 20
"""Batches of one run; of a problem that is broken throughout a few say it all."""


def keep_batch(
    run_dir: Path, name: str, batch: Mapping[str, Any], facts: Mapping[str, Any]
) -> Path | None:
    """Write a batch into the run's folder, whole or not at all.

    Args:
        run_dir: The run's folder.
        name: Of its own folder; a step that is made again keeps its batches under the same names.
        batch: As the pipeline made it.
        facts: What is known of it: "problem", "step", and what was not finite.

    Returns:
        Its folder, or None where there are enough already.
    """
    final = run_dir / "faults" / name
    partial = final.with_name(name + ".incomplete")
    kept = [path for path in final.parent.glob("*-*") if path.suffix != ".incomplete"]
    if len(kept) >= MOST_KEPT and final not in kept:
        return None
    remove_leftover(partial)
    partial.mkdir(parents=True)
    write_arrays(partial / "batch.npz", batch)
    (partial / "fault.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    remove_leftover(final)
    return partial.rename(final)


def show_command(path: Path) -> str:
    """Return the command that shows a kept batch."""
    return f"t2t-datagen --inspect --kept_batch={path}"


def describe_kept_batch(path: Path) -> tuple[dict[str, Any], list[dict[str, dict[str, Any]]]]:
    """Describe a batch that was kept.

    Args:
        path: Its folder.

    Returns:
        What is known of the batch; and for each example and feature what it is: of a text or a
        class its "decoded" and its "ids", of anything else its array's "shape", "least" and
        "greatest" and how many "not finite".

    Raises:
        UserError: There is no kept batch, or not within its run; or it is damaged.
    """
    if not (path / "fault.json").exists():
        raise UserError(
            "No kept batch at the path given",
            expected="a folder such as RUN/faults/00000123-0",
            received={"kept_batch": str(path)},
        )
    facts, batch = _read(path)
    run = open_run(path.absolute().parents[1])
    task = run.task(facts["problem"])
    features = {"inputs": task.inputs, "targets": task.targets}
    known = load_task_vocabularies([task], run.directory)
    names = {side: name_vocabulary(feature) for side, feature in features.items()}
    kinds = choose_kinds(features, {side: known[name] for side, name in names.items() if name})
    examples = [
        {name: _describe(kind, name, batch, row) for name, kind in kinds.items()}
        for row in range(len(batch["targets"]))
    ]
    return facts, examples


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read what is known of a batch, and its arrays."""
    try:
        facts = parse_json((path / "fault.json").read_bytes())
        with np.load(path / "batch.npz") as arrays:
            batch = dict(arrays)
        missing = ({"problem", "step"} - {*facts}) | ({"inputs", "targets"} - {*batch})
        if missing:
            raise ValueError(f"there is no {' nor '.join(sorted(missing))}")
    except (OSError, EOFError, TypeError, ValueError, BadZipFile, zlib.error) as error:
        raise UserError(
            f"The kept batch is damaged: {error}",
            received={"kept_batch": str(path)},
            fix="Train again: a batch that is faulty again is kept again.",
        ) from error
    return facts, batch


def _describe(kind: FeatureKind, name: str, batch: Mapping[str, Any], row: int) -> dict[str, Any]:
    values = batch[name][row]
    if kind.has_ids and kind.vocabulary:
        ids = values[values >= kind.smallest_id].ravel()
        return {"decoded": kind.vocabulary.decode(ids), "ids": ids.tolist()}
    sizes = batch.get(name + SIZE_SUFFIX)
    if sizes is not None:
        values = values[tuple(slice(int(size)) for size in np.atleast_1d(sizes[row]))]
    is_finite = np.isfinite(values)
    real = values[is_finite]
    described = {"shape": " x ".join(map(str, values.shape))}
    if real.size:
        described |= {"least": f"{real.min():.4g}", "greatest": f"{real.max():.4g}"}
    return described | {"not finite": str(int((~is_finite).sum()))}
