"""Where a line of a list says that an utterance is: a sound file, and a span of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError


def find_sound(place: Path, number: int, value: str, top: Path) -> Path:
    """Find the sound file that a line of a list names.

    Args:
        place: The list.
        number: Of the line, for messages.
        value: The path in it: absolute, or from the folder of the list, from a folder above up to
            `top`, from the working directory, or from `clips` beside the list (Common Voice); the
            first of these that has it.
        top: The highest folder.

    Raises:
        UserError: None has it; the message tells all that were tried.
    """
    above = [base for base in place.parents if base.is_relative_to(top)] or [place.parent]
    bases = (*above, Path.cwd(), place.parent / "clips")
    tried = dict.fromkeys(base / value for base in bases)
    for path in tried:
        if path.is_file():
            return path
    raise UserError(
        f"{place}, line {number}: the sound file is not there",
        expected=" or ".join(map(str, tried)),
        received={"path": value},
    )


def check_span(start_s: float, end_s: float | None) -> dict[str, Any]:
    """Check begin and end of a segment, None for the end of its file.

    Raises:
        ValueError: It begins before the file, is empty, or begin or end is no finite number.
    """
    if not 0 <= start_s < (math.inf if end_s is None else end_s) or end_s == math.inf:
        raise ValueError("no segment")
    return {"start_s": start_s, "end_s": end_s}
