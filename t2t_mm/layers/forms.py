"""Which form of a function runs: the one in `keras.ops`, or TensorFlow's faster one.

This is the only place in the layers that asks for the backend.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import keras

P = ParamSpec("P")
R = TypeVar("R")


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
    """Decorate a function in `keras.ops` that has a faster form for TensorFlow on a CPU.

    Args:
        plain: Has a namesake in `t2t_mm.layers.on_tensorflow`, which takes the same and gives the
            same numbers. Nothing of that folder is imported on another backend.

    Returns:
        On TensorFlow a function that calls the namesake, and has the plain one as `__wrapped__`;
        elsewhere the plain one.

    Example:
        >>> from t2t_mm.layers.products import multiply_transposed  # decorated
        >>> multiply_transposed.__wrapped__.__module__
        't2t_mm.layers.products'
    """
    if not is_on_tensorflow():
        return plain
    from t2t_mm.layers import on_tensorflow

    faster: Callable[P, R] = getattr(on_tensorflow, plain.__name__)

    @functools.wraps(plain)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return faster(*args, **kwargs)

    return run
