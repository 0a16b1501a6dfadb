"""What a step of a search cannot be faster than: reading once the weights that it uses."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

MOST_COPIED = 2**28


def count_used_bytes(model: Any, hparams: Any, rows: int) -> float:
    """Count the bytes of the weights that one step of a search reads."""
    experts = hparams.experts
    unused = ("source_attention/key", "source_attention/value", "gate/spread", "_embedding")
    share = 1 - (1 - experts.experts_per_token / experts.num_experts) ** rows
    parts = (model.mixer, model.decoder, *model.modalities.values())
    variables = {v.path: v for part in parts for v in part.trainable_variables}
    return math.fsum(
        4.0 * math.prod(variable.shape) * (share if "/w_" in path else 1.0)
        for path, variable in variables.items()
        if not any(part in path for part in unused)
    )


def make_copy(num_bytes: float, backend: str) -> Callable[[], float]:
    """Make a function that copies so many bytes and returns the seconds that it took.

    On JAX a device copies within its own memory, several times for one wait.
    """
    import numpy as np

    copied = min(int(num_bytes), MOST_COPIED)
    source = np.ones(copied, np.uint8)
    if backend == "jax":
        import jax

        on_device, times = jax.device_put(source), 10
        invert = jax.jit(jax.numpy.invert)  # what it reads is written, changed

        def copy_all() -> None:
            for _ in range(times):
                inverted = invert(on_device)
            inverted.block_until_ready()
    else:
        target, times = np.zeros(copied, np.uint8), 1

        def copy_all() -> None:
            np.copyto(target, source)

    def copy() -> float:
        start = time.perf_counter()
        copy_all()
        return (time.perf_counter() - start) / times * num_bytes / copied

    return copy
