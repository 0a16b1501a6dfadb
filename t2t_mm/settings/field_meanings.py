"""What each setting means: the text of its record's docstring, the one place where it is told."""

from __future__ import annotations

import inspect
import re

from t2t_mm.settings.sections import SECTIONS


def explain_field(name: str) -> str:
    """Return what a setting means.

    Args:
        name: Its full name.

    Returns:
        A few sentences; an empty text where nothing is told.

    Example:
        >>> explain_field("model.width")
        'Body width D.'
    """
    section, _, field = name.partition(".")
    for record in SECTIONS[section].__mro__:
        lines = inspect.cleandoc(record.__doc__ or "")
        if told := re.search(rf"^    {field}: (.*(?:\n {{8}}.*)*)", lines, re.MULTILINE):
            return " ".join(told[1].split())
    return ""
