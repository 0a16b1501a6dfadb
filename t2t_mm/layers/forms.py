"""Which form of a function runs: the one in `keras.ops`, or a backend's faster one.

This is the only place in the layers that asks for the backend.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import keras

P = ParamSpec("P")
R = TypeVar("R")

FORMS = {"tensorflow": "t2t_mm.layers.on_tensorflow", "jax": "t2t_mm.layers.on_jax"}
"""Folders of faster forms, by the name of Keras's backend."""


def is_on_tensorflow() -> bool:
    """Return whether Keras runs on TensorFlow.

    Example:
        >>> is_on_tensorflow()
        True
    """
    return bool(keras.backend.backend() == "tensorflow")


def has_gpu() -> bool:
    """Return whether Keras's backend computes on a GPU.

    Example:
        >>> has_gpu()
        False
    """
    return any(device.startswith("gpu") for device in keras.distribution.list_devices())


def choose_form(plain: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function in `keras.ops` that has a faster form on some backend.

    Args:
        plain: Has a namesake in a folder of `FORMS`, which takes the same and gives the same
            numbers (of noise, others like them). Nothing of another backend's folder is imported.

    Returns:
        On a backend with a namesake a function that calls that, and has the plain one as
        `__wrapped__`; elsewhere the plain one.

    Example:
        >>> from t2t_mm.layers.products import multiply_transposed  # decorated
        >>> multiply_transposed.__wrapped__.__module__
        't2t_mm.layers.products'
    """
    folder = FORMS.get(keras.backend.backend())
    if folder is None or not hasattr(forms := importlib.import_module(folder), plain.__name__):
        return plain
    faster: Callable[P, R] = getattr(forms, plain.__name__)

    @functools.wraps(plain)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return faster(*args, **kwargs)

    return run
