"""What a person is told of raw data while problems read it: once, since files are read again."""

from __future__ import annotations

import logging
from functools import cache

logger = logging.getLogger(__name__)


@cache
def warn_once(message: str) -> None:
    """Log a warning unless the same one was logged before: every split reads the files anew."""
    logger.warning(message)
