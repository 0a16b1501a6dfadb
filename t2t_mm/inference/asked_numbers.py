"""Numbers that a call gives in the place of settings of decoding, under names of its own."""

from __future__ import annotations

import dataclasses
import operator
from typing import Any

from t2t_mm.settings.decode_section import DecodeHParams
from t2t_mm.settings.field_values import check_range, convert_value, read_field_types


def change_numbers(decode: DecodeHParams, **asked: tuple[str, Any]) -> DecodeHParams:
    """Change settings of decoding by numbers that somebody gave as arguments.

    Args:
        decode: The settings.
        asked: By field: what the caller calls it, and its value. Whole numbers and others may be
            NumPy's, too.

    Raises:
        UserError: A value has the wrong type or is out of range; the caller's name is told.

    Example:
        >>> change_numbers(DecodeHParams(), beam_size=("number", 3)).beam_size
        3
        >>> change_numbers(DecodeHParams(), beam_size=("number", 0))
        Traceback (most recent call last):
        t2t_mm.errors.UserError: number is out of range. Expected: at least 1. Received: number=0.
    """
    hints = read_field_types(type(decode))
    found: dict[str, Any] = {}
    for field in dataclasses.fields(decode):
        if field.name in asked:
            name, value = asked[field.name]
            hint = hints[field.name]
            found[field.name] = convert_value(name, hint, _make_plain(hint, value))
            check_range(name, found[field.name], field.metadata)
    return dataclasses.replace(decode, **found)


def _make_plain(hint: type, value: Any) -> Any:
    """Return a number as Python's own; what is none of its type as it is."""
    if isinstance(value, bool | str):
        return value
    try:
        return operator.index(value) if hint is int else float(value)
    except (TypeError, ValueError):
        return value
