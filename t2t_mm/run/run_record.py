"""What `run.json` holds, and of which types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2t_mm.features import VOCABULARY_NAME

TYPES: dict[str, Any] = {
    "data_dir": str,
    "backend": str,
    "signature": str,
    "user_modules": list,
    "vocabulary_hashes": dict,
    "data_digests": dict,
    "warm_start": dict,
    "mixture": dict,
}


def check_types(record: Mapping[str, Any]) -> None:
    """Check what is read only later, which a person may have changed.

    Args:
        record: Of a run. Problems are checked where they are read.

    Raises:
        KeyError: A value is not there.
        TypeError: A value is of another type.
        ValueError: A vocabulary has a name that is no file name.

    Example:
        >>> check_types({"data_dir": "data", "user_modules": ["mine"], "data_digests": {}})
        >>> check_types({"data_dir": 3, "user_modules": []})
        Traceback (most recent call last):
        TypeError: 3 is of another type
    """
    rates = record["mixture"]["rates"] if record.get("mixture") else {}
    found = [(record.get(name, kind()), kind) for name, kind in TYPES.items()]
    found += [(module, str) for module in record["user_modules"]]
    found += [(rate, (int, float)) for rate in rates.values()]
    for value, kind in found:
        if not isinstance(value, kind):
            raise TypeError(f"{value!r} is of another type")
    for name in record.get("vocabulary_hashes", {}):  # files get these names
        if not VOCABULARY_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a vocabulary")
