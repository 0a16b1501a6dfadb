"""Ctrl-C, SIGTERM and SIGHUP as a request that a run ends after the step it is in."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass
class StopRequest:
    """Whether someone asked the run to stop.

    Args:
        was_made: Whether they did.
        needs_no_saving: Whether all is saved now, so that a stop need not wait.
    """

    was_made: bool = False
    needs_no_saving: bool = False

    @contextlib.contextmanager
    def all_saved(self) -> Iterator[None]:
        """Let a signal interrupt at once: what is done now is done again by the next start."""
        self.needs_no_saving = True
        try:
            yield
        finally:
            self.needs_no_saving = False


@contextlib.contextmanager
def catch_stop_signals(tell: Callable[[str], None]) -> Iterator[StopRequest]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into a request; a second one interrupts at once.

    So does the first where all is saved. A SIGHUP that is ignored, as under `nohup`, stays so.

    Args:
        tell: Says to the person who interrupted what happens now.

    Example:
        >>> with catch_stop_signals(print) as request:
        ...     signal.raise_signal(signal.SIGTERM)
        Stopping after this step; once more to stop at once, without saving.
        >>> request.was_made
        True
    """
    request = StopRequest()
    previous: dict[signal.Signals, Any] = {}

    def tell_if_possible(text: str) -> None:
        # A signal may interrupt a write to the very file, which is to be told on: a RuntimeError.
        with contextlib.suppress(OSError, RuntimeError):
            tell(text)

    def handle(number: int, frame: Any) -> None:
        if request.needs_no_saving:
            tell_if_possible(
                "Stopping: the checkpoint is written; repeat the command to evaluate and go on."
            )
        if request.was_made or request.needs_no_saving:
            raise KeyboardInterrupt
        request.was_made = True
        tell_if_possible("Stopping after this step; once more to stop at once, without saving.")

    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                previous[number] = signal.signal(number, handle)
    except ValueError:
        pass  # not the main thread (a notebook's worker): signals stay with their owner
    try:
        yield request
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
