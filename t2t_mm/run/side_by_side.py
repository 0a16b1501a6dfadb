"""Several batches decoded at once, a core of the CPU each.

An operation of a search has few rows: divided among cores it waits for them longer than it
computes. Batches side by side, on TensorFlow each operation on one thread, use the cores without
waiting: docs/performance.md.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import keras

from t2t_mm.layers.forms import is_on_tensorflow

In = TypeVar("In")
Out = TypeVar("Out")

MOST_AT_ONCE = 8


def count_at_once() -> int:
    """Return how many batches are decoded at once: as many as cores where the CPU computes."""
    if not _computes_on_cpu():
        return 1
    return min(len(os.sched_getaffinity(0)), MOST_AT_ONCE)


def give_operations_one_thread() -> None:
    """Have each operation of this process run on one thread, where batches lie side by side.

    For programs that decode many batches and do nothing else; without effect on TensorFlow that has
    run something, and on JAX, whose operations make little of more threads.
    """
    if not is_on_tensorflow() or count_at_once() == 1:
        return
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
    except RuntimeError:  # another part of the program has begun to compute
        return


def share_among_cores(number: int, most: int) -> int:
    """Return how many examples to decode in a batch: fewer than allowed if that leaves cores idle.

    Where an operation takes all cores, two small batches would only wait for each other.

    Args:
        number: Examples that there are.
        most: Examples that a batch may have.

    Example:
        >>> share_among_cores(100, 32)
        32
    """
    if count_at_once() == 1 or not _operations_have_one_thread():
        return most
    return min(most, max(1, math.ceil(number / count_at_once())))


def run_side_by_side(
    run: Callable[[In], Out], values: Iterable[In], number: int
) -> Iterator[tuple[In, Out]]:
    """Yield each value with what a function makes of it, in order, a few ahead of who reads.

    Args:
        run: Is called in other threads, in `number` of them at once.
        values: No more than one in waiting is read ahead; an error in reading them is raised
            behind what was begun before it.
        number: 1 calls it here, and reads nothing ahead.

    Example:
        >>> list(run_side_by_side(str.upper, "ab", 2))
        [('a', 'A'), ('b', 'B')]
    """
    if number == 1:
        yield from ((value, run(value)) for value in values)
        return
    begun: deque[tuple[In, Future[Out]]] = deque()
    errors: list[Exception] = []
    pool = ThreadPoolExecutor(number)
    try:
        for value in _read_up_to_error(values, errors):
            begun.append((value, pool.submit(run, value)))
            if len(begun) > number:
                first, found = begun.popleft()
                yield first, found.result()
        yield from ((value, found.result()) for value, found in begun)
    finally:
        pool.shutdown(cancel_futures=True)
    for error in errors:
        raise error


def _read_up_to_error(values: Iterable[In], errors: list[Exception]) -> Iterator[In]:
    try:
        yield from values
    except Exception as error:
        errors.append(error)


def _operations_have_one_thread() -> bool:
    if not is_on_tensorflow():
        return False
    import tensorflow as tf

    return bool(tf.config.threading.get_intra_op_parallelism_threads() == 1)


def _computes_on_cpu() -> bool:
    """Return whether all is computed by the CPU, as one device, which threads may share."""
    if not is_on_tensorflow():
        return bool(keras.distribution.list_devices() == ["cpu:0"])
    import tensorflow as tf

    # Keras's list would begin to compute, and end the choice of threads
    return not tf.config.list_physical_devices("GPU")
