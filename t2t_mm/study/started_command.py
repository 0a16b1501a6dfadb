"""Our own commands as processes: how they are started, stopped, and what they said."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

_INTERRUPTED = 130


def call_command(
    name: str, arguments: Sequence[str], log: Path, stopped: threading.Event | None = None
) -> str:
    """Run one of our commands; see `call_module`.

    Args:
        name: Of its module: "trainer", "eval".
        arguments: Its flags.
        log: What it prints is added to it.
        stopped: Once it is set the command is stopped.
    """
    return call_module(f"t2t_mm.bin.t2t_{name}", arguments, log, stopped)


def call_module(
    module: str,
    arguments: Sequence[str],
    log: Path,
    stopped: threading.Event | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run one of our modules as a process of its own, which frees all that it held.

    Args:
        module: Its import name.
        arguments: Its flags.
        log: What it prints is added to it.
        stopped: Once it is set the command is stopped.
        env: Its environment; None: that of this process.

    Returns:
        Empty where it has succeeded, else the first sentence of the last line that it printed, or
        by which signal it was killed.

    Raises:
        KeyboardInterrupt: Ctrl-C or `stopped`; the command has then ended, too.
    """
    line = [sys.executable, "-m", module, *arguments]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(" ".join(line) + "\n")
        file.flush()
        start = file.tell()
        # In a session of its own, so that Ctrl-C reaches it once: a second one would lose steps.
        process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=env,
        )
        try:
            code = _wait(process, stopped)
        except BaseException:
            process.terminate()  # what a shell starts in the background ignores SIGINT
            process.wait()
            raise
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    if not code:
        return ""
    if code < 0:
        return f"{module} was killed by {signal.Signals(-code).name}"
    said = log.read_bytes()[start:].decode("utf-8", "replace").strip().splitlines()
    return said[-1].partition(". ")[0] if said else f"{module} ended with {code}"


def _wait(process: subprocess.Popen[bytes], stopped: threading.Event | None) -> int:
    while stopped and process.poll() is None:
        if stopped.wait(0.2):
            raise KeyboardInterrupt
    return process.wait()
