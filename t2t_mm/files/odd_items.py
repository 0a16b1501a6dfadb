"""What raw data holds and nobody can read: gone on without, and reported to whoever counts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from t2t_mm.errors import UserError

_collected: ContextVar[list[str] | None] = ContextVar("collected", default=None)


def leave_out(reason: str) -> None:
    """Report an odd item, as a line of 2 MB, without which the caller goes on.

    Args:
        reason: Which one, with its file and line, and why.

    Raises:
        UserError: Nobody counts what is left out: see `collect_odd_items`.

    Example:
        >>> with collect_odd_items() as odd:
        ...     leave_out("a.txt, line 3: the line is too long")
        >>> odd
        ['a.txt, line 3: the line is too long']
    """
    collected = _collected.get()
    if collected is None:
        raise UserError(reason)
    collected.append(reason)


@contextmanager
def collect_odd_items() -> Iterator[list[str]]:
    """Collect the reasons of what is left out within; it is not for a generator to yield within."""
    collected: list[str] = []
    token = _collected.set(collected)
    try:
        yield collected
    finally:
        _collected.reset(token)
