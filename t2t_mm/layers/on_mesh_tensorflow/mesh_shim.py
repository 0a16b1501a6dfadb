"""Mesh TensorFlow on a TensorFlow that has moved on: two names lent while it is imported.

Its last release, 0.1.21, is older than the removal of `tf.estimator`, of which it makes two base
classes, and of a private name for what is public as `tf.register_tensor_conversion_function`. The
classes live on under `tf.compat.v1.train`, and nothing here uses what is built on them.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import sys
import types
from collections.abc import Iterator
from typing import Any

# What the shim was written for and tried with; it stays away from every other pair.
TRIED = {"mesh-tensorflow": "0.1.21", "tensorflow": "2.21"}

_NAME = "mesh_tensorflow"


def import_mesh_tensorflow() -> Any:
    """Import `mesh_tensorflow`, through the shim where the versions are those it was tried with.

    Raises:
        ImportError: It is not installed, or does not fit this TensorFlow; the message has advice.

    Example:
        >>> mtf = import_mesh_tensorflow()
        >>> mtf.Dimension("experts", 4)
        Dimension(name='experts', size=4)
    """
    if _NAME in sys.modules:  # asked for while a function is traced: AutoGraph follows an import
        return sys.modules[_NAME]
    found = _find_versions()
    is_tried = all(f"{found[name]}.".startswith(f"{tried}.") for name, tried in TRIED.items())
    try:
        with _lend_names() if is_tried else contextlib.nullcontext():
            return importlib.import_module(_NAME)
    except (ImportError, AttributeError) as error:
        tried = " and ".join(f"{name} {version}" for name, version in TRIED.items())
        received = ", ".join(f"{name}={version!r}" for name, version in found.items())
        raise ImportError(
            f"Mesh TensorFlow cannot be imported: {error}. Expected: {tried}, for which t2t_mm "
            f"makes up what they do not have in common. Received: {received}. Install those "
            f"(pip install 'mesh-tensorflow=={TRIED['mesh-tensorflow']}' "
            f"'tensorflow=={TRIED['tensorflow']}.*'), or leave experts.mesh_shape empty: only "
            "a mesh needs them."
        ) from error


def _find_versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in TRIED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


@contextlib.contextmanager
def _lend_names() -> Iterator[None]:
    """Add the two names where they are missing, and take them back at the end."""
    import tensorflow as tf
    from tensorflow.python.framework import ops

    # Before it is imported by this name, `tf.compat.v1` is another module.
    v1 = importlib.import_module("tensorflow.compat.v1")
    estimator = types.ModuleType(f"{v1.__name__}.estimator")
    vars(estimator).update(
        CheckpointSaverListener=v1.train.CheckpointSaverListener,
        SessionRunHook=v1.train.SessionRunHook,
    )
    lends_estimator = not hasattr(v1, "estimator")
    lends_function = not hasattr(ops, "register_tensor_conversion_function")
    if lends_estimator:
        sys.modules[estimator.__name__] = estimator
    if lends_function:
        ops.register_tensor_conversion_function = tf.register_tensor_conversion_function
    try:
        yield
    finally:
        if lends_estimator:
            del sys.modules[estimator.__name__]
        if lends_function:
            del ops.register_tensor_conversion_function
