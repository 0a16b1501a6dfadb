"""JSON from elsewhere, or damaged: whatever is wrong with it is a `ValueError`."""

from __future__ import annotations

import json
from typing import Any


def parse_json(text: str | bytes, *, names_once: bool = False) -> Any:
    """Read a JSON document.

    Args:
        text: The document; bytes are of UTF-8.
        names_once: Whether an object that has a name twice is an error, as where a person has
            written it; else the last one counts.

    Raises:
        ValueError: It is none, or is nested more deeply than can be read.

    Example:
        >>> parse_json('{"step": 4}')
        {'step': 4}
        >>> parse_json("[" * 100_000)
        Traceback (most recent call last):
        ValueError: it is nested too deeply
        >>> parse_json('{"a": 1, "a": 2}', names_once=True)
        Traceback (most recent call last):
        ValueError: the name 'a' is there twice in one object
    """
    try:
        return json.loads(text, object_pairs_hook=_make_object if names_once else None)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name!r} is there twice in one object")
        found[name] = value
    return found
