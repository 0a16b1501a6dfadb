"""What the registry reads of a problem's class; the class itself lies above it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from t2t_mm.features import Feature


class RegisteredProblem(Protocol):
    """The part of `t2t_mm.Problem` that names, reversals and descriptions need."""

    modalities: ClassVar[Mapping[str, Feature]]
    takes_argument: ClassVar[bool]
    reverse_of: ClassVar[str]

    def __init__(
        self,
        *,
        name: str | None = None,
        argument: str = "",
        data_dir: str | Path | None = None,
        tmp_dir: str | Path | None = None,
    ) -> None: ...

    def generate(self, split: str) -> Any:
        """Yield the examples of a split."""
