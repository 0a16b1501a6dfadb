"""Settings: six frozen records, from a registered set to what a run really uses.

Authority, weakest first: a field's default, the registered set, gin files, then gin parameters
and `--hparams`. Unknown fields and wrong types are errors before any file is opened.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from t2t_mm import gin_overlay, registry
from t2t_mm.errors import UserError
from t2t_mm.overrides import apply_overrides, full_field_name, parse_overrides
from t2t_mm.sections import (
    SECTIONS,
    DataHParams,
    DecodeHParams,
    HParams,
    ModalityHParams,
    ModelHParams,
    OptimizerHParams,
    TrainHParams,
)

__all__ = [
    "SECTIONS",
    "DataHParams",
    "DecodeHParams",
    "HParams",
    "ModalityHParams",
    "ModelHParams",
    "OptimizerHParams",
    "TrainHParams",
    "differences",
    "from_json",
    "load_hparams",
    "parse_overrides",
    "resume_differences",
    "to_json",
]

_FREE_ON_RESUME = frozenset(
    {
        "model.mesh_shape",
        "train.eval_every",
        "train.checkpoint_every",
        "train.jit_compile",
        "train.keep_checkpoint_max",
        "train.log_every",
        "train.num_threads",
        "train.overlap_update",
    }
)


def load_hparams(
    set_name: str,
    *,
    gin_files: Iterable[str | Path] = (),
    gin_params: Iterable[str] = (),
    overrides: str = "",
    fields: Mapping[str, Any] | None = None,
) -> HParams:
    """Put the settings of a run together.

    Args:
        set_name: A registered set.
        gin_files: Gin files, the later ones stronger.
        gin_params: Gin bindings, `model.width=256`, stronger than the files.
        overrides: The text of `--hparams`, stronger than gin.
        fields: Full field name -> value, strongest of all: what a flag of its own sets.

    Raises:
        UserError: A set, file or field is unknown, or a value has the wrong type or range.

    Example:
        >>> load_hparams("multimodel_tiny", overrides="model.width=64").model.width
        64
    """
    hparams = registry.hparams(set_name)
    changes = parse_overrides(overrides)
    bound = gin_overlay.read_gin(gin_files, gin_params)
    return apply_overrides(hparams, {**bound, **changes, **(fields or {})})


def to_json(hparams: HParams) -> str:
    """The settings as `hparams.json` holds them: one object per section, indented."""
    return json.dumps(dataclasses.asdict(hparams), indent=2) + "\n"


def from_json(text: str) -> HParams:
    """Read what `to_json` wrote; a field that the text lacks has its default.

    Raises:
        UserError: This is no JSON, a field is unknown or a value has the wrong type.
    """
    try:
        sections = json.loads(text)
    except ValueError as error:
        raise UserError(f"The settings are not valid JSON: {error}") from error
    values = {}
    for section, fields in _as_object("the settings", sections).items():
        for name, value in _as_object(f"the section {section!r}", fields).items():
            values[full_field_name(f"{section}.{name}")] = value
    return apply_overrides(HParams(), values)


def differences(run: HParams, asked: HParams) -> list[str]:
    """What two settings differ in, one line per field.

    Example:
        >>> differences(HParams(), HParams(model=ModelHParams(width=256)))
        ['model.width: run has 512, asked for 256']
    """
    return [
        f"{name}: run has {old!r}, asked for {new!r}" for name, old, new in _changes(run, asked)
    ]


def resume_differences(run: HParams, asked: HParams) -> list[str]:
    """The differences that forbid resuming a run.

    Free are decode.*, intervals and logging, where and beside what things are computed, and the
    number of steps where the schedule does not depend on it.
    """
    free = set(_FREE_ON_RESUME)
    if not run.optimizer.depends_on_total_steps:
        free.add("train.steps")
    return [
        f"{name}: run has {old!r}, asked for {new!r}"
        for name, old, new in _changes(run, asked)
        if name not in free and not name.startswith("decode.")
    ]


def _changes(run: HParams, asked: HParams) -> list[tuple[str, Any, Any]]:
    pairs = [
        (f"{section}.{name}", getattr(getattr(run, section), name), value)
        for section in SECTIONS
        for name, value in dataclasses.asdict(getattr(asked, section)).items()
    ]
    return [(name, old, new) for name, old, new in pairs if old != new]


def _as_object(what: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UserError(f"Of {what}, a JSON object was expected", received={"value": value})
    return value
