"""The optimizer's state as earlier versions wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIRST, _SECOND = "first_moment/", "second_moment/"


def convert_optimizer_state(arrays: Mapping[str, Any]) -> Mapping[str, Any]:
    """Convert the state that version 0.1.0 wrote to today's names and meanings.

    It kept M and V of moments s M and q V, with s and q of all variables in one array, "scales",
    and their numbers of updates in another, "counts", both in the order of the moments.

    Args:
        arrays: By name, of any version.

    Returns:
        The moments, and for each variable "count/..."; what is of today, as it is.

    Example:
        >>> import numpy as np
        >>> old = {"counts": np.array([7]), "scales": np.array([[0.5], [0.25]]),
        ...        "first_moment/a": np.array([2.0]), "second_moment/a": np.array([8.0])}
        >>> {name: array.tolist() for name, array in convert_optimizer_state(old).items()}
        {'first_moment/a': [1.0], 'second_moment/a': [2.0], 'count/a': 7}
    """
    if "counts" not in arrays:
        return arrays
    names = [name.removeprefix(_FIRST) for name in arrays if name.startswith(_FIRST)]
    converted: dict[str, Any] = {}
    firsts, seconds = arrays["scales"]
    for name, first, second, count in zip(names, firsts, seconds, arrays["counts"], strict=True):
        converted[_FIRST + name] = first * arrays[_FIRST + name]
        converted[_SECOND + name] = second * arrays[_SECOND + name]
        converted[f"count/{name}"] = count
    return converted
