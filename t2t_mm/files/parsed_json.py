"""JSON from elsewhere, or damaged: whatever is wrong with it is a `ValueError`."""

from __future__ import annotations

import json
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """Read a JSON document.

    Args:
        text: The document; bytes are of UTF-8.

    Raises:
        ValueError: It is none, or is nested more deeply than can be read.

    Example:
        >>> parse_json('{"step": 4}')
        {'step': 4}
        >>> parse_json("[" * 100_000)
        Traceback (most recent call last):
        ValueError: it is nested too deeply
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
