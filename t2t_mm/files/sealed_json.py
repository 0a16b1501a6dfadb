"""JSON objects that hold a checksum of themselves: a changed byte is told, not believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.files.parsed_json import parse_json

SEAL = "checksum"


def seal_json(record: Mapping[str, Any], **how: Any) -> str:
    r"""Return an object as indented JSON, with a checksum of all its values.

    Numbers that are not finite, which JSON has not, become null.

    Args:
        record: The object.
        **how: As `json.dumps` takes it.

    Example:
        >>> print(seal_json({"step": 4, "best": float("inf")}))
        {
          "step": 4,
          "best": null,
          "checksum": "..."
        }
    """
    plain = json.loads(dump_json(record))
    return json.dumps({**plain, SEAL: _compute_checksum(plain)}, **{"indent": 2, **how}) + "\n"


def unseal_json(text: str) -> dict[str, Any]:
    """Read what `seal_json` wrote, or an object of an earlier version, which has no checksum.

    Raises:
        ValueError: It is no JSON, no object, or not what was written.

    Example:
        >>> unseal_json(seal_json({"step": 50}).replace("50", "58"))
        Traceback (most recent call last):
        ValueError: its values are not those that its checksum is of
    """
    record = parse_json(text)
    if not isinstance(record, dict):
        raise ValueError("it is no JSON object")
    checksum = record.pop(SEAL, None)
    if checksum not in (None, _compute_checksum(record)):
        raise ValueError("its values are not those that its checksum is of")
    return record


def read_sealed(path: Path) -> dict[str, Any]:
    """Read a file that `seal_json` wrote.

    Raises:
        UserError: It is damaged, or cannot be read.
    """
    try:
        return unseal_json(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise UserError(
            f"{path} is damaged: {error}",
            fix=f"Restore it from a copy. If you changed it by hand, take its {SEAL!r} out as well."
            if isinstance(error, ValueError)
            else "",
        ) from error


def dump_json(value: Any, **how: Any) -> str:
    """Return a value as JSON in which numbers that are not finite are null.

    Args:
        value: Anything that JSON can hold.
        **how: As `json.dumps` takes it.

    Raises:
        ValueError: It is nested more deeply than can be written.

    Example:
        >>> dump_json({"loss": [1.0, float("nan")]})
        '{"loss": [1.0, null]}'
    """
    try:
        return _dump_finite(value, how)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _dump_finite(value: Any, how: Mapping[str, Any]) -> str:
    try:
        return json.dumps(value, allow_nan=False, **how)
    except ValueError:
        # By way of JSON's own NaN: json goes as deep when it writes as when it reads.
        finite = json.loads(json.dumps(value, **how), parse_constant=lambda _: None)
        return json.dumps(finite, allow_nan=False, **how)


def _compute_checksum(record: Mapping[str, Any]) -> str:
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
