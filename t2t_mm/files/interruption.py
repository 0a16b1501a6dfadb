"""Signals that end a process, as an exception: what is being written is then put in order."""

from __future__ import annotations

import contextlib
import signal
import threading
import types
from collections.abc import Iterator


@contextlib.contextmanager
def stop_like_ctrl_c() -> Iterator[None]:
    """Let SIGTERM and SIGHUP stop what is done within as Ctrl-C does, and no file is left behind.

    A SIGHUP that is ignored, as under `nohup`, stays so. In another thread than the main one
    signals stay with their owner.

    Raises:
        KeyboardInterrupt: One of them came.

    Example:
        >>> try:
        ...     with stop_like_ctrl_c():
        ...         signal.raise_signal(signal.SIGTERM)
        ... except KeyboardInterrupt:
        ...     print("interrupted")
        interrupted
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: types.FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    heard = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
