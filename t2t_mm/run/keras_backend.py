"""Which of Keras's backends a process uses; it is chosen before Keras is imported."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from t2t_mm.errors import UserError
from t2t_mm.files.parsed_json import parse_json
from t2t_mm.lent_backend import restore_wish

KERAS_BACKENDS = ("tensorflow", "jax")
_EXTRAS = {"jax": "pip install 't2t_mm[cuda12]', or [cuda13], or [jax] for the CPU"}


def choose_backend(asked: str = "", output_dir: str | Path = "") -> str:
    """Choose Keras's backend of this process.

    Args:
        asked: One of `KERAS_BACKENDS`; empty: what the environment variable KERAS_BACKEND says,
            else what the run was last trained on if that is installed, else TensorFlow.
        output_dir: The run, where there is one.

    Returns:
        Its name.

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
    if loaded := check_loaded_backend():
        if asked and asked != loaded:
            raise UserError(
                f"Keras is loaded already with {loaded}",
                received={"backend": asked},
                fix=f"Start Python anew with the environment variable KERAS_BACKEND={asked}.",
            )
        return loaded
    chosen = chosen or "tensorflow"  # else Keras would ask the user's keras.json
    if chosen in _EXTRAS and not importlib.util.find_spec(chosen):
        raise UserError(
            f"The backend {chosen} is not installed",
            received={"backend": chosen},
            fix=f"Install it: {_EXTRAS[chosen]}.",
        )
    os.environ["KERAS_BACKEND"] = chosen
    return chosen


@contextlib.contextmanager
def take_backend(asked: str = "", output_dir: str | Path = "") -> Iterator[str]:
    """Choose Keras's backend as `choose_backend`, and leave the environment as it was.

    What stayed there would be taken for the user's wish by the next call, of a study for instance.
    One thread at a time.
    """
    before = os.environ.get("KERAS_BACKEND")
    try:
        yield choose_backend(asked, output_dir)
    finally:
        restore_wish(before)


def read_backend(output_dir: str | Path) -> str:
    """Read on which backend a run was last trained; empty where none of ours is told."""
    try:
        record = parse_json((Path(output_dir) / "run.json").read_bytes())
    except (OSError, ValueError):
        return ""  # whoever opens the run says what is wrong with it
    backend = record.get("backend") if isinstance(record, dict) else ""
    return str(backend) if backend in KERAS_BACKENDS else ""  # any other would be imported


def check_loaded_backend() -> str:
    """Return the backend that Keras is loaded with; empty where it is not loaded.

    Raises:
        UserError: It is none of ours.
    """
    keras = sys.modules.get("keras")
    loaded = str(keras.backend.backend()) if keras is not None else ""
    if loaded and loaded not in KERAS_BACKENDS:
        raise UserError(
            f"Keras is loaded already with {loaded}",
            expected=" or ".join(KERAS_BACKENDS),
            received={"backend": loaded},
            fix="Start Python anew with the environment variable KERAS_BACKEND=tensorflow.",
        )
    return loaded
