"""What a person is told of raw data while problems read it: once, since files are read again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

logger = logging.getLogger(__name__)

_told: set[str] = set()
_is_only_looking: ContextVar[bool] = ContextVar("is_only_looking", default=False)


def warn_once(message: str) -> None:
    """Log a warning unless the same one was logged before: every split reads the files anew."""
    if not _is_only_looking.get() and message not in _told:
        _told.add(message)
        logger.warning(message)


@contextmanager
def only_looking() -> Iterator[None]:
    """Log nothing within: it is only looked which problem can read some files."""
    token = _is_only_looking.set(True)
    try:
        yield
    finally:
        _is_only_looking.reset(token)
