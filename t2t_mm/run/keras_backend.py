"""Which of Keras's backends a process uses; it is chosen before Keras is imported."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from t2t_mm.errors import UserError
from t2t_mm.files.parsed_json import parse_json

KERAS_BACKENDS = ("tensorflow", "jax")
_EXTRAS = {"jax": "pip install 't2t_mm[cuda12]', or [cuda13], or [jax] for the CPU"}


def choose_backend(asked: str = "", output_dir: str | Path = "") -> str:
    """Choose Keras's backend of this process.

    Args:
        asked: One of `KERAS_BACKENDS`; empty: what the environment variable KERAS_BACKEND says,
            else what the run was last trained on if that is installed, else Keras's default.
        output_dir: The run, where there is one.

    Returns:
        Its name; empty where the choice is left to Keras.

    Raises:
        UserError: It is not among these or not installed, or Keras is loaded already with another.

    Example:
        >>> choose_backend("tensorflow")
        'tensorflow'
    """
    chosen = asked or os.environ.get("KERAS_BACKEND", "")
    if chosen and chosen not in KERAS_BACKENDS:
        raise UserError(
            "Unknown backend",
            expected=" or ".join(KERAS_BACKENDS),
            received={"backend" if asked else "KERAS_BACKEND": chosen},
        )
    if not chosen and output_dir:
        trained_on = read_backend(output_dir)
        chosen = trained_on if importlib.util.find_spec(trained_on or "keras") else ""
    loaded = _find_loaded_backend()
    if loaded:
        if asked and asked != loaded:
            raise UserError(
                f"Keras is loaded already with {loaded}",
                received={"backend": asked},
                fix=f"Start Python anew with the environment variable KERAS_BACKEND={asked}.",
            )
        return loaded
    if chosen:
        if chosen in _EXTRAS and not importlib.util.find_spec(chosen):
            raise UserError(
                f"The backend {chosen} is not installed",
                received={"backend": chosen},
                fix=f"Install it: {_EXTRAS[chosen]}.",
            )
        os.environ["KERAS_BACKEND"] = chosen
    return chosen


def read_backend(output_dir: str | Path) -> str:
    """Read on which backend a run was last trained; empty where none of ours is told."""
    try:
        record = parse_json((Path(output_dir) / "run.json").read_bytes())
    except (OSError, ValueError):
        return ""  # whoever opens the run says what is wrong with it
    backend = record.get("backend") if isinstance(record, dict) else ""
    return str(backend) if backend in KERAS_BACKENDS else ""  # any other would be imported


def _find_loaded_backend() -> str:
    keras = sys.modules.get("keras")
    return str(keras.backend.backend()) if keras is not None else ""
