"""Files with a checksum that tests change, as if they had been written so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from t2t_mm.files.sealed_json import seal_json, unseal_json


def change_sealed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the object in a file in place, and seal it again."""
    record = unseal_json(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(seal_json(record), encoding="utf-8")


def replace_sealed(path: Path, old: str, new: str) -> None:
    """Replace a text in a file, and seal it again."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    without = text.replace(old, new).rpartition(',\n  "checksum"')[0] + "\n}"
    path.write_text(seal_json(unseal_json(without)), encoding="utf-8")
