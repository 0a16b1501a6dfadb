"""What was measured of the gradients of a run's problems, kept beside it: `gradients.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.sealed_json import read_sealed, seal_json

_FILE = "gradients.json"
Gradients = Mapping[str, np.ndarray[Any, Any]]
"""Path of a variable -> its gradient."""


def read_gradient_record(output_dir: Path) -> dict[int, dict[str, Any]]:
    """Read what was measured of a run; empty where nothing was.

    Args:
        output_dir: The run.

    Returns:
        By step: "cosines", of each pair of problems, by both names, None where a gradient is 0;
        and "experts", their shares as `evaluate` gives them, but of training passes, by problem.

    Raises:
        UserError: The file is damaged.
    """
    path = output_dir / _FILE
    if not path.exists():
        return {}
    try:
        return {int(step): dict(one) for step, one in read_sealed(path)["steps"].items()}
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged: {error}", fix=f"Remove {path}.") from error


def write_gradient_record(output_dir: Path, record: Mapping[int, Mapping[str, Any]]) -> None:
    """Write what was measured of a run, with a checksum of it."""
    steps = {str(step): one for step, one in sorted(record.items())}
    write_text_atomically(output_dir / _FILE, seal_json({"steps": steps}))


def compute_cosines(gradients: Mapping[str, Gradients]) -> dict[str, dict[str, float | None]]:
    """Compute the cosine of the gradients of each pair of problems, over what both have.

    Args:
        gradients: By problem.

    Returns:
        By both names, either first; None where one of the two is 0 or not finite.

    Example:
        >>> one, other = np.array([3.0, 4.0]), np.array([4.0, 3.0])
        >>> cosines = compute_cosines({"a": {"w": one}, "b": {"w": other, "v": one}})
        >>> cosines["b"]
        {'a': 0.96}
    """
    return {
        name: {
            other: _compute_cosine(gradients[name], gradients[other])
            for other in gradients
            if other != name
        }
        for name in gradients
    }


def _compute_cosine(one: Gradients, other: Gradients) -> float | None:
    shared = [path for path in one if path in other]
    product, square, other_square = (
        sum(float(np.vdot(left[path], right[path])) for path in shared)
        for left, right in ((one, other), (one, one), (other, other))
    )
    length = math.sqrt(square * other_square)
    return round(product / length, 6) if length and math.isfinite(length) else None
