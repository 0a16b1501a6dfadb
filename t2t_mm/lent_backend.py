"""TensorFlow as Keras's backend where nobody has chosen one, whatever is in keras.json."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def lend_backend(name: str = "tensorflow") -> Iterator[None]:
    """Let Keras take a backend if it is first imported within the block and none was chosen.

    Processes that are started within it take what this one has. The environment is then as before:
    what stayed there would be taken for the user's wish. One thread at a time.

    Args:
        name: Of Keras's backends.

    Example:
        >>> with lend_backend():
        ...     import keras
    """
    before, keras = os.environ.get("KERAS_BACKEND"), sys.modules.get("keras")
    if before:
        yield
        return
    is_loaded = hasattr(keras, "backend")  # not while it is being imported
    os.environ["KERAS_BACKEND"] = keras.backend.backend() if keras and is_loaded else name
    try:
        yield
    finally:
        restore_wish(before)


def restore_wish(wish: str | None) -> None:
    """Set the environment variable KERAS_BACKEND, or remove it: `None`."""
    os.environ.pop("KERAS_BACKEND", None)
    if wish is not None:
        os.environ["KERAS_BACKEND"] = wish
