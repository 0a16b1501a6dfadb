"""One attempt: call a command on what is damaged, and judge what came of it."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import math
import re
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

MOST_SECONDS = 60.0
"""Of CPU time, for one attempt."""

ERROR = "error, exit code 2"
SAME = "as undamaged"
SAME_TOLD = "as undamaged, and told"
OTHER_TOLD = "otherwise, and told"
AS_WRITTEN = "as the file says"
BROKEN = "BROKEN: "
"""Begins every outcome that breaks the law."""


class TooSlowError(BaseException):
    """An attempt took too long; no `except Exception` swallows it."""


@dataclass(frozen=True)
class Said:
    """What came of a call.

    Args:
        code: The exit code; None where an exception left the command.
        result: What the command is for, comparable.
        told: What a person read on standard error.
        trace: The exception that left it.
        seconds: Of CPU time.
    """

    code: int | None
    result: Any = None
    told: str = ""
    trace: str = ""
    seconds: float = 0.0


def run_attempt(call: Callable[[], int], read_result: Callable[[], Any]) -> Said:
    """Call a command in this process.

    Args:
        call: The command; it returns its exit code.
        read_result: Reads what it has made, where it has succeeded.
    """
    _forget_what_was_told()
    told, printed, trace, code, result = io.StringIO(), io.StringIO(), "", None, None
    start = time.process_time()
    try:
        with (
            contextlib.redirect_stderr(told),
            contextlib.redirect_stdout(printed),
            _limit_time(),
        ):
            code = call()
            if code == 0:
                result = read_result() if read_result else None
                result = (result, printed.getvalue()) if result is None else result
    except (Exception, SystemExit, TooSlowError):
        code, trace = None, traceback.format_exc()
    seconds = time.process_time() - start
    return Said(code, result, told.getvalue(), trace, seconds)


def judge(said: Said, whole: Said, *, may_fail: bool, may_differ: bool) -> str:
    """Judge what came of a damaged file; see the outcomes above.

    Args:
        said: What came of it.
        whole: What comes of the same command where nothing is damaged.
        may_fail: Whether the command needs the file.
        may_differ: Whether nothing guards what the file says, or a person wants it so.
    """
    if said.seconds > MOST_SECONDS or "TooSlowError" in said.trace:
        return BROKEN + "hangs"
    if said.code is None or "Traceback (most recent call last)" in said.told:
        return BROKEN + "a traceback"
    if said.code != 0:
        is_told = said.code == 2 and ": error: " in said.told
        if not is_told:
            return BROKEN + f"exit code {said.code}"
        return ERROR if may_fail else BROKEN + "stopped by a file that is not needed"
    is_told = bool(_list_lines(said.told) - _list_lines(whole.told))
    if is_same(said.result, whole.result):
        return SAME_TOLD if is_told else SAME
    if is_told:
        return OTHER_TOLD
    return AS_WRITTEN if may_differ else BROKEN + "silently something else"


def is_same(one: Any, other: Any) -> bool:
    """Return whether results are the same, numbers to the sixth digit: sums hang on addresses."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-6)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def explain(said: Said, whole: Said) -> str:
    """Say what came of a call that broke the law, beside what comes where nothing is damaged."""
    if said.trace or said.code:
        return "\n".join((said.trace or said.told).rstrip().splitlines()[-7:])[-1500:]
    pairs = (said.result, whole.result)
    if all(isinstance(one, dict) for one in pairs):
        differing = {
            key
            for key in {*said.result, *whole.result}
            if said.result.get(key) != whole.result.get(key)
        }
        pairs = tuple({key: one.get(key) for key in sorted(differing)} for one in pairs)
    texts = [repr(one) for one in pairs]
    place = next((i for i, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), 0)
    start = max(0, place - 80)
    return "\n".join(
        f"  {name} ...{text[start : start + 240]}"
        for name, text in zip(("is", "was"), texts, strict=True)
    )


def _list_lines(told: str) -> set[str]:
    """What was told, without numbers, such as seconds."""
    return {re.sub(r"[\d.,]+", "#", line).strip() for line in told.splitlines()}


def _forget_what_was_told() -> None:
    """Start as a process does: no warning given, no data known to be whole."""
    from t2t_mm.data.declaring import reading_warnings
    from t2t_mm.data.records import shards

    reading_warnings._told.clear()
    shards._verified.clear()
    logging.getLogger().handlers.clear()  # they hold the last attempt's standard error


@contextlib.contextmanager
def _limit_time() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlowError(f"more than {MOST_SECONDS} s of CPU time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def free_memory() -> None:
    """Free what models of past attempts still hold."""
    import keras

    keras.backend.clear_session()
    gc.collect()
