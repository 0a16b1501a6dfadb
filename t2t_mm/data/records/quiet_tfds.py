"""TensorFlow Datasets, kept from talking."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator

import tensorflow_datasets as tfds

from t2t_mm.files.quiet_start import import_tensorflow


@contextlib.contextmanager
def silence_tfds() -> Iterator[None]:
    """Keep TFDS from talking; its progress bars stay where a person looks at a terminal."""
    import_tensorflow()  # which TFDS does later, and not quietly
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    if sys.stderr.isatty():
        tfds.enable_progress_bar()
    else:
        tfds.disable_progress_bar()
    try:
        yield
    finally:
        logger.setLevel(level)
