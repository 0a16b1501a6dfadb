"""Settings as a run's `hparams.json` holds them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.files.sealed_json import read_sealed, seal_json, unseal_json
from t2t_mm.settings.overrides import apply_overrides, check_given_once, resolve_field_name
from t2t_mm.settings.sections import HParams


def to_json(hparams: HParams) -> str:
    """Return the settings as `hparams.json` holds them: one object per section, and a checksum.

    Example:
        >>> print(to_json(HParams()))
        {
          "model": {
            "width": 512,
        ...
    """
    return seal_json(dataclasses.asdict(hparams))


def from_json(text: str) -> HParams:
    """Read what `to_json` wrote; a field that the text lacks has its default.

    Raises:
        UserError: This is no JSON or not what was written, a field is unknown or given twice, or a
            value has the wrong type.

    Example:
        >>> from_json('{"model": {"width": 64}}').model.width
        64
    """
    try:
        return _read_sections(unseal_json(text))
    except UserError:
        raise
    except ValueError as error:
        raise UserError(f"The settings are not valid JSON: {error}") from error


def read_hparams(path: Path) -> HParams:
    """Read a file that holds what `to_json` returned; the errors of `from_json` name it."""
    return _read_sections(read_sealed(path))


def _read_sections(sections: Mapping[str, Any]) -> HParams:
    values: dict[str, Any] = {}
    for section, fields in sections.items():
        for name, value in _check_object(f"the section {section!r}", fields).items():
            full_name = resolve_field_name(f"{section}.{name}")
            check_given_once(full_name, values, "the settings")
            values[full_name] = value
    return apply_overrides(HParams(), values)


def _check_object(what: str, value: object) -> Mapping[str, Any]:
    """Return `value` after checking that it is a JSON object."""
    if not isinstance(value, dict):
        raise UserError(f"Of {what}, a JSON object was expected", received={"value": value})
    return value
