"""What a problem's class declares as plain values: refused where it is none of what is meant."""

from __future__ import annotations

import inspect
import re

from t2t_mm.errors import UserError


def check_class(name: str, cls: type) -> None:
    """Check what a class declares; what it computes, as by a property, is not looked at.

    Args:
        name: The problem's.
        cls: Its class.

    Raises:
        UserError: Its version or its splits cannot be.
    """
    for attribute, check in (("version", check_version), ("splits", check_splits)):
        declared = inspect.getattr_static(cls, attribute, None)
        if declared is not None and not hasattr(declared, "__get__"):
            check(name, declared)


def check_version(name: str, version: object) -> None:
    """Refuse a version of which no folder's name can be made.

    Raises:
        UserError: It is not three numbers, as text.
    """
    if not isinstance(version, str) or not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise UserError(
            f"Problem {name} has a version that is none",
            expected="three numbers such as '1.0.0'",
            received={"version": version},
        )


def check_splits(name: str, splits: object) -> None:
    """Refuse splits that are no names: brackets around one make no tuple of it.

    Raises:
        UserError: There are none, or they are something else.
    """
    names = splits if isinstance(splits, tuple | list) else ()
    if not names or not all(split and isinstance(split, str) for split in names):
        raise UserError(
            f"Problem {name} has splits that are none",
            expected="a tuple of names such as ('train', 'validation'); of one ('train',)",
            received={"splits": splits},
        )
