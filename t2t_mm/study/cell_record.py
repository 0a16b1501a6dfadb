"""What is kept beside a run of a study: `cell.json`."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.sealed_json import seal_json, unseal_json

_FILE = "cell.json"


@dataclass(frozen=True)
class CellRecord:
    """What is kept beside a run.

    Args:
        definition: Of the cell, as `CheckedStudy.describe` gives it.
        seconds: All its commands have taken together.
        failed: What a command said that failed; empty: none did.
        scores: Split, and how many examples of it -> problem -> its scores.
        source: Checksum of the weights that it began with, as `identify_weights` gives it; empty:
            it began with none, or was made by a version that kept no checksum.
    """

    definition: dict[str, Any]
    seconds: float = 0.0
    failed: str = ""
    scores: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    source: str = ""


def read_cell_record(folder: Path) -> CellRecord | None:
    """Read what is kept beside a run; None where it was not begun.

    Args:
        folder: Of the run.

    Raises:
        UserError: It is damaged.
    """
    path = folder / _FILE
    if not path.exists():
        return None
    try:
        record = CellRecord(**unseal_json(path.read_text(encoding="utf-8")))
        _check_types(record)
        return record
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged: {error}", fix=f"Remove {folder}.") from error


def write_cell_record(folder: Path, record: CellRecord) -> None:
    """Write what is kept beside a run, with a checksum of it."""
    text = seal_json(asdict(record), indent=1, ensure_ascii=False)
    write_text_atomically(folder / _FILE, text)


def _check_types(record: CellRecord) -> None:
    """Check what a person may have changed.

    Raises:
        TypeError: A value is of another type.
    """
    scores = [one for of_split in record.scores.values() for one in of_split.values()]
    right = [isinstance(one, dict) for one in (record.definition, *scores)]
    right += [isinstance(one, str) for one in (record.failed, record.source)]
    if not all(right) or not math.isfinite(record.seconds):
        raise TypeError("a value has another type")
