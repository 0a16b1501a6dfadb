"""How problems are written: the arguments of `generate_data` in one record."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class GenerationSettings:
    """How problems are written; the fields are the arguments of `generate_data`."""

    data_dir: Path
    num_shards: int = 0
    max_cases: int = 0
    random_seed: int = 0
    num_processes: int = 1
    overwrite: bool = False
    only_missing: bool = False
    beam: bool = False
    beam_options: Sequence[str] = ()
    progress: bool = True

    def tell(self, what: str) -> None:
        """Print one line for the person who waits, if there is one."""
        if self.progress:
            print(f"t2t-datagen: {what}", file=sys.stderr, flush=True)
