"""What two settings differ in, and which of it forbids going on with a run."""

from __future__ import annotations

import dataclasses
from typing import Any

from t2t_mm.settings.companions import list_idle_fields
from t2t_mm.settings.sections import SECTIONS, HParams

_FREE_ON_RESUME = frozenset(
    {
        "experts.mesh_shape",
        "train.eval_every",
        "train.checkpoint_every",
        "train.jit_compile",
        "train.keep_checkpoint_max",
        "train.log_every",
        "train.num_threads",
        "train.overlap_update",
    }
)


def list_differences(run: HParams, asked: HParams) -> list[str]:
    """List what two settings differ in, one line per field.

    Args:
        run: Those of the run that is there.
        asked: Those that are asked for now.

    Example:
        >>> from t2t_mm.settings import ModelHParams
        >>> list_differences(HParams(), HParams(model=ModelHParams(width=256)))
        ['model.width: run has 512, asked for 256']
    """
    return [
        f"{name}: run has {old!r}, asked for {new!r}"
        for name, old, new in _list_changes(run, asked)
    ]


def list_resume_differences(run: HParams, asked: HParams) -> list[str]:
    """List the differences that forbid resuming a run.

    These may differ: decode.*, intervals, logging, on which devices and beside what the updates are
    computed, the number of steps where the schedule does not depend on it, and what counts for
    nothing beside the other fields in both.

    Args:
        run: The settings of the run that is there.
        asked: Those that are asked for now.

    Example:
        >>> from t2t_mm.settings import DecodeHParams
        >>> list_resume_differences(HParams(), HParams(decode=DecodeHParams(batch_size=1)))
        []
    """
    free = _FREE_ON_RESUME | set(list_idle_fields(run)).intersection(list_idle_fields(asked))
    if not run.optimizer.depends_on_total_steps:
        free |= {"train.steps"}
    return [
        f"{name}: run has {old!r}, asked for {new!r}"
        for name, old, new in _list_changes(run, asked)
        if name not in free and not name.startswith("decode.")
    ]


def _list_changes(run: HParams, asked: HParams) -> list[tuple[str, Any, Any]]:
    pairs = [
        (f"{section}.{name}", getattr(getattr(run, section), name), value)
        for section in SECTIONS
        for name, value in dataclasses.asdict(getattr(asked, section)).items()
    ]
    return [(name, old, new) for name, old, new in pairs if old != new]
