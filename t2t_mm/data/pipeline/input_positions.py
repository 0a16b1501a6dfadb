"""Where each problem's training data is: saved and found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf


def make_input_checkpoint(iterators: Mapping[str, Any]) -> tf.train.Checkpoint:
    """Make what writes and reads the positions of iterators, see `tf.train.Checkpoint`.

    Args:
        iterators: By problem, in the run's order.

    Example:
        >>> import tempfile
        >>> numbers = iter(tf.data.Dataset.range(5))
        >>> saved = make_input_checkpoint({"a/b": numbers}).write(tempfile.mkdtemp() + "/input")
        >>> int(next(numbers)), int(next(numbers))
        (0, 1)
        >>> make_input_checkpoint({"a/b": numbers}).read(saved).assert_consumed() is not None
        True
        >>> int(next(numbers))
        0
    """
    # An attribute's name cannot hold "/"; the order of the problems is fixed in run.json.
    parts = {f"input_{i}": iterator for i, iterator in enumerate(iterators.values())}
    return tf.train.Checkpoint(**parts)
