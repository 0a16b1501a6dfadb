"""Settings as a run's `hparams.json` holds them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.settings.overrides import apply_overrides, check_given_once, resolve_field_name
from t2t_mm.settings.sections import HParams


def to_json(hparams: HParams) -> str:
    """Return the settings as `hparams.json` holds them: one object per section, indented.

    Example:
        >>> print(to_json(HParams()))
        {
          "model": {
            "width": 512,
        ...
    """
    return json.dumps(dataclasses.asdict(hparams), indent=2) + "\n"


def from_json(text: str) -> HParams:
    """Read what `to_json` wrote; a field that the text lacks has its default.

    Raises:
        UserError: This is no JSON, a field is unknown or given twice, or a value has the wrong
            type.

    Example:
        >>> from_json('{"model": {"width": 64}}').model.width
        64
    """
    try:
        sections = json.loads(text)
    except ValueError as error:
        raise UserError(f"The settings are not valid JSON: {error}") from error
    values: dict[str, Any] = {}
    for section, fields in _check_object("the settings", sections).items():
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
