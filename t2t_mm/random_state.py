"""What a user's program draws at random goes on as if a call of ours had drawn nothing."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def keep_random_state() -> Iterator[None]:
    """Put the global generators of Python, NumPy, Keras and TensorFlow back after the block.

    A run seeds them all, for nets and problems that draw from them; a search for hyperparameters
    that draws from them, too, would else try the same ones after every run. Of Keras and TensorFlow
    those are kept that are imported before the block and seeded anew within it: a problem that
    draws from them without a seed moves them.

    Example:
        >>> state = random.getstate()
        >>> with keep_random_state():
        ...     random.seed(1)
        >>> random.getstate() == state
        True
    """
    import numpy as np  # not at the start: every command's --help would wait for it

    of_python, of_numpy = random.getstate(), np.random.get_state()
    with contextlib.ExitStack() as others:
        if "keras" in sys.modules:
            others.enter_context(_keep_state_of_keras())
        if "tensorflow" in sys.modules:
            others.enter_context(_keep_state_of_tensorflow())
        try:
            yield
        finally:
            random.setstate(of_python)
            np.random.set_state(of_numpy)


@contextlib.contextmanager
def _keep_state_of_keras() -> Iterator[None]:
    from keras.src.backend.common import global_state  # nothing public says so
    from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
    from keras.src.utils.rng_utils import GLOBAL_RANDOM_SEED

    names = (GLOBAL_RANDOM_SEED, GLOBAL_SEED_GENERATOR)
    kept = {name: global_state.get_global_attribute(name) for name in names}
    try:
        yield
    finally:
        for name, value in kept.items():
            global_state.set_global_attribute(name, value)


@contextlib.contextmanager
def _keep_state_of_tensorflow() -> Iterator[None]:
    from tensorflow.python.eager import context  # nothing public says so
    from tensorflow.python.framework.config import is_op_determinism_enabled

    state = context.context()
    seed, generator = state._seed, getattr(state, "_rng", None)  # none before the first seed
    try:
        yield
    finally:
        # A run may have asked for determinism, and TensorFlow then refuses to draw without a seed.
        if seed is not None or not is_op_determinism_enabled():
            state._set_global_seed(seed)
            state._rng = generator or state._rng
