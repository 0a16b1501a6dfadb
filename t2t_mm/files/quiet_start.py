"""A quiet start of TensorFlow, whose C++ part talks before anybody can tell it not to."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import re
import sys
import threading
from collections.abc import Iterator
from typing import BinaryIO

LINE_OF_TENSORFLOW = re.compile(
    r"[IWE]\d{4} \d|WARNING: All log messages before absl::|To enable the following instructions: "
)
"""The beginning of a line that TensorFlow's C++ part prints at its start."""

_CPU_INFO = "/proc/cpuinfo"
_HELD_BACK_ONCE = threading.Lock()

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
    with hold_back(LINE_OF_TENSORFLOW):
        importlib.import_module("tensorflow")


@contextlib.contextmanager
def hold_back(dropped: re.Pattern[str]) -> Iterator[None]:
    """Hold back what is printed at file descriptor 2; drop such lines unless the block fails.

    Args:
        dropped: Matches the beginning of a line that is dropped.
    """
    # Inside another such block, also one of another thread, the outer block alone holds back:
    # descriptors that are restored out of order would be lost for good. Nobody waits here, as both
    # may be importing the same module.
    if not _HELD_BACK_ONCE.acquire(blocking=False):
        yield
        return
    with contextlib.ExitStack() as stack:
        stack.callback(_HELD_BACK_ONCE.release)
        if (held_back := _open_memory()) is not None:
            stack.enter_context(held_back)
            stack.enter_context(_print_at_end(held_back, dropped))
        yield


@contextlib.contextmanager
def _print_at_end(held_back: BinaryIO, dropped: re.Pattern[str]) -> Iterator[None]:
    """Write file descriptor 2 to a file; print it at the end, without what is dropped."""
    sys.stderr.flush()
    has_succeeded = False
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


def _open_memory() -> BinaryIO | None:
    """Open a file in memory, so that no folder is needed; None where nothing is held back."""
    with contextlib.suppress(OSError, AttributeError):  # the latter where it is not Linux
        with open(_CPU_INFO, encoding="utf-8") as cpu_info:
            flags = re.search("^flags.*", cpu_info.read(8192), re.MULTILINE)
        # TensorFlow ends the process where a processor lacks AVX: what it says would be lost.
        if flags is None or " avx" in flags[0]:
            return os.fdopen(os.memfd_create("held back"), "w+b")
    return None


@contextlib.contextmanager
def _keep_descriptor(number: int) -> Iterator[None]:
    """Keep a file descriptor: it is restored at the end of the block."""
    copy = os.dup(number)
    try:
        yield
    finally:
        os.dup2(copy, number)
        os.close(copy)
