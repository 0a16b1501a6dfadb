"""A quiet start of TensorFlow, whose C++ part talks before anybody can tell it not to."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Iterator

_ANY_LINE = re.compile("")
LINE_OF_TENSORFLOW = re.compile(r"[IWE]\d{4} \d|WARNING: All log messages before absl::")
"""The beginning of a line that TensorFlow's C++ part prints at its start."""

# Read by TensorFlow and gRPC when they are imported, so they are set before.
_QUIET_ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "GRPC_VERBOSITY": "ERROR"}


def ask_for_quiet() -> None:
    """Ask TensorFlow and gRPC, by the environment, for errors only; what is set there stays."""
    for variable, value in _QUIET_ENVIRONMENT.items():
        os.environ.setdefault(variable, value)


def import_tensorflow() -> None:
    """Import TensorFlow, where it is installed, without the lines that it always prints."""
    if "tensorflow" in sys.modules or importlib.util.find_spec("tensorflow") is None:
        return
    ask_for_quiet()
    with hold_back(_ANY_LINE):
        importlib.import_module("tensorflow")


@contextlib.contextmanager
def hold_back(dropped: re.Pattern[str]) -> Iterator[None]:
    """Hold back what is printed at file descriptor 2; drop such lines unless the block fails.

    Args:
        dropped: Matches the beginning of a line that is dropped.
    """
    sys.stderr.flush()
    has_succeeded = False
    with tempfile.TemporaryFile() as held_back:
        try:
            with _keep_descriptor(2):
                os.dup2(held_back.fileno(), 2)
                yield
                sys.stderr.flush()
                has_succeeded = True
        finally:
            held_back.seek(0)
            for line in held_back.read().decode("utf-8", "replace").splitlines(keepends=True):
                if not (has_succeeded and dropped.match(line)):
                    sys.stderr.write(line)


@contextlib.contextmanager
def _keep_descriptor(number: int) -> Iterator[None]:
    """Keep a file descriptor: it is restored at the end of the block."""
    copy = os.dup(number)
    try:
        yield
    finally:
        os.dup2(copy, number)
        os.close(copy)
