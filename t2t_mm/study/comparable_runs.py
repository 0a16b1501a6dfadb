"""What runs must have in common to stand in one table: settings, backend, what they begin with."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.keras_backend import read_backend
from t2t_mm.run.manifest import MANIFEST
from t2t_mm.settings import HParams
from t2t_mm.settings.differences import list_resume_differences

_FREE_IN_DECODING = ("batch_size", "jit_compile", "return_beams", "write_beam_scores")


def list_setting_differences(run: HParams, asked: HParams, *, is_decoded: bool) -> list[str]:
    """List the settings by which scores of two runs would differ, one line per field.

    Args:
        run: The settings of the run that is there.
        asked: Those that are asked for now.
        is_decoded: Whether outputs of the run were decoded; else `decode.*` counts for nothing.

    Example:
        >>> from t2t_mm.settings import DecodeHParams
        >>> asked = HParams(decode=DecodeHParams(beam_size=4, batch_size=1))
        >>> list_setting_differences(HParams(), asked, is_decoded=True)
        ['decode.beam_size: run has 1, asked for 4']
    """
    differences = list_resume_differences(run, asked)
    had: dict[str, Any] = vars(run.decode) if is_decoded else {}
    return differences + [
        f"decode.{name}: run has {value!r}, asked for {getattr(asked.decode, name)!r}"
        for name, value in had.items()
        if name not in _FREE_IN_DECODING and value != getattr(asked.decode, name)
    ]


def choose_common_backend(study_dir: Path, asked: str = "") -> str:
    """Choose Keras's backend of all runs of a study.

    Args:
        study_dir: The study.
        asked: Empty: what the environment variable KERAS_BACKEND says, else that of the runs that
            are there.

    Returns:
        Its name; empty where the choice is left to the commands.
    """
    if chosen := asked or os.environ.get("KERAS_BACKEND", ""):
        return chosen
    runs = sorted(study_dir.glob("cells/*/seed_*/run.json"))
    return next((found for path in runs if (found := read_backend(path.parent))), "")


def identify_weights(run_dir: Path) -> str:
    """Return a checksum of what a run has learned; empty where nothing is there.

    Args:
        run_dir: The run; its last checkpoint counts.
    """
    latest = CheckpointStore(run_dir).find_latest()
    manifest = latest and latest.path / MANIFEST
    if not manifest or not manifest.is_file():
        return ""
    return hashlib.sha256(manifest.read_bytes()).hexdigest()
