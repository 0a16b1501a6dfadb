"""JSON objects as the rows of a table: a line each, or a file each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import leave_out
from t2t_mm.files.parsed_json import parse_json
from t2t_mm.files.text_files import is_unicode


def parse_object(text: str, place: str) -> dict[str, Any] | None:
    """Parse a JSON object; None where it is left out, since it is not Unicode.

    Args:
        text: The object.
        place: Where it stands, for messages.

    Raises:
        UserError: It is no object.
    """
    try:
        row: Any = parse_json(text)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise UserError(
            f"{place}: this is no JSON object",
            expected='one a line, as {"file": "clips/1.flac", "text": "Good morning"}',
            received={"line": text[:100]},
        )
    if "\\u" in text and not is_unicode(row):
        leave_out(f"{place}: half of a surrogate pair, as \\ud83d alone")
        return None
    return row


def flatten_object(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an object, and of objects within it as its own.

    Example:
        >>> flatten_object({"id": 1, "translation": {"en": "a dog", "de": "ein Hund"}})
        {'en': 'a dog', 'de': 'ein Hund', 'id': 1, 'translation': {'en': 'a dog', 'de': 'ein Hund'}}
    """
    inner = [value for value in row.values() if isinstance(value, dict)]
    return {name: value for one in (*inner, row) for name, value in one.items()}


def find_object(row: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """Return the object in a flattened row that has all fields of some names, else the row.

    It goes before the row where that took a field from it: as "id" beside it is the number of a
    row, and in it Indonesian.

    Example:
        >>> row = flatten_object({"id": 1, "translation": {"en": "a dog", "id": "seekor anjing"}})
        >>> row["id"], find_object(row, ["en", "id"])["id"]
        (1, 'seekor anjing')
    """
    objects = (inner for inner in row.values() if isinstance(inner, Mapping))
    whole = (inner for inner in objects if all(name in inner for name in names))
    lent = (inner for inner in whole if any(row.get(name) == inner[name] for name in names))
    return next(lent, row)
