"""Where a study's runs and data lie, and what all its commands are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from t2t_mm.study.comparable_runs import choose_common_backend


@dataclass(frozen=True)
class Workplace:
    """Where a study's runs lie and what all their commands are told.

    Args:
        study_dir: The study.
        data_dir: Generated data.
        user_modules: As `--t2t_usr_dir` takes them.
        backend: Keras's; empty: that of the runs that are there, else as the commands choose.
    """

    study_dir: Path
    data_dir: Path
    user_modules: Sequence[str] = ()
    backend: str = ""

    @cached_property
    def common_backend(self) -> str:
        """Keras's backend of all runs; empty where the commands choose it."""
        return choose_common_backend(self.study_dir, self.backend)

    def list_flags(self) -> list[str]:
        """List the flags that training and scoring share."""
        backend = [f"--backend={self.common_backend}"] if self.common_backend else []
        modules = [f"--t2t_usr_dir={one}" for one in self.user_modules]
        return [f"--data_dir={self.data_dir}", *modules, *backend]
