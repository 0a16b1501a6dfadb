"""Files of JSON records, one a line, as a run's logs are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from t2t_mm.files.disk import refuse_folder
from t2t_mm.files.parsed_json import parse_json


def read_records(path: Path) -> list[dict[str, Any]]:
    """Read the records of a file; of none that is there, nothing.

    Half a line is left out: another process is writing it, or was killed while it did; and so is
    what else is no record. Numbers that were not finite, null in the file, are left out of theirs.
    """
    return [record for _, record in read_record_lines(path)]


def read_record_lines(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Read as `read_records` does; each record comes behind its line."""
    refuse_folder(path)
    if not path.exists():
        return []
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            record = parse_json(line)
        except ValueError:
            continue
        if isinstance(record, dict) and "kind" in record and isinstance(record.get("step"), int):
            known = {name: value for name, value in record.items() if value is not None}
            lines.append((line, known))
    return lines
