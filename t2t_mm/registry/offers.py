"""What names come with t2t_mm and with installed packages, and which module registers each."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
from collections.abc import Callable, Mapping
from typing import Any

from t2t_mm.errors import UserError

ENTRY_POINT_GROUP = "t2t_mm.problems"

Offers = Mapping[str, str]
"""Name -> import name of the module that registers it."""


def make_builtin_offers(package: str, table: str = "BUILTIN") -> Callable[[], Offers]:
    """Make the function that reads what a package of t2t_mm's own offers, when it is asked.

    Args:
        package: Import name; nothing but its own list is imported.
        table: The name of that list: name -> module, or name -> what the package itself registers.
    """

    def read_builtin_offers() -> Offers:
        listed: Mapping[str, Any] = getattr(importlib.import_module(package), table)
        return {name: what if isinstance(what, str) else package for name, what in listed.items()}

    return read_builtin_offers


@functools.cache
def read_entry_points() -> Offers:
    """Read which problems installed packages offer; an entry point has the problem's name.

    Raises:
        UserError: Two packages offer the same name, or one that is built in.
    """
    builtin = make_builtin_offers("t2t_mm.problems")()
    taken = {name: f"{module} (built in)" for name, module in builtin.items()}
    modules: dict[str, str] = {}
    for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        other = taken.get(point.name, point.module)
        if other != point.module:
            raise UserError(
                f"Installed packages offer the problem {point.name!r} twice: {other} and "
                f"{point.module}",
                fix="Remove one of the packages, or give its problem another name.",
            )
        taken[point.name] = modules[point.name] = point.module
    return modules
