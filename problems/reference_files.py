"""Several files of one language for one file of the other: references A and B of a test set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from t2t_mm.data.declaring.reading_warnings import warn_once


def find_references(names: Mapping[str, Path], stem: str, language: str) -> list[Path]:
    """Find the files of a language that bear a capital letter or a digit, in their order.

    Args:
        names: All files of a folder by their names without .gz.
        stem: How the names begin.
        language: How they end.

    Example:
        >>> names = ("test.B.de", "test.ref.A.de", "test.de", "test.de.1", "test.en.A", "old.A.de")
        >>> found = find_references({name: Path(name) for name in names}, "test", "de")
        >>> [path.name for path in found]
        ['test.B.de', 'test.de.1', 'test.ref.A.de']
    """
    start, end = re.escape(stem), re.escape(language)
    form = re.compile(rf"{start}\.(?:(?:ref\.?)?[A-Z0-9]\.{end}|{end}\.?[A-Z0-9])")
    return [path for name, path in sorted(names.items()) if form.fullmatch(name)]


def warn_of_references(problem: str, paths: Iterable[Path]) -> None:
    """Say which references a problem of one target for each input leaves aside, if any."""
    if names := ", ".join(path.name for path in paths):
        warn_once(
            f"Problem {problem}: {names} are not read; text2text_references scores against all "
            "references."
        )
