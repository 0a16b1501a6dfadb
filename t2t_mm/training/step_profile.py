"""A few training steps under the backend's profiler, for TensorBoard."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from t2t_mm.training.backend import Backend
from t2t_mm.training.progress import Progress

STEPS_BEFORE: Final = 5
"""Steps in a row without tracing before the first that is recorded."""
STEPS_RECORDED: Final = 5


@contextlib.contextmanager
def profile_steps(
    backend: Backend, directory: Path, progress: Progress, is_wanted: bool = True
) -> Iterator[None]:
    """Record the first steps of the block that trace nothing, and say what shows them.

    A step of another signature is traced when its problem is first drawn: so recording begins
    after five steps in a row without that, and ends after five more, or with the block.

    Args:
        backend: That of the steps.
        directory: The run's folder; the record goes into its `tensorboard/plugins/profile`.
        progress: Counts the steps.
        is_wanted: Whether to record anything.
    """
    if not is_wanted:
        yield
        return
    folder = directory / "tensorboard"
    steps = is_open = 0

    def count_step(is_typical: bool) -> None:
        nonlocal steps, is_open
        steps = steps + 1 if is_typical or steps >= STEPS_BEFORE else 0
        if steps == STEPS_BEFORE:
            backend.start_profile(folder)
            is_open = 1
        elif steps == STEPS_BEFORE + STEPS_RECORDED:
            close()

    def close() -> None:
        nonlocal is_open
        if is_open:
            is_open = 0
            backend.stop_profile()
            recorded = min(steps, STEPS_BEFORE + STEPS_RECORDED) - STEPS_BEFORE
            progress.note(
                f"profile of {recorded} steps: tensorboard --logdir={folder}, the page Profile "
                "(pip install xprof)"
            )

    progress.after_step = count_step
    try:
        yield
    finally:
        close()
        progress.after_step = None
    if steps < STEPS_BEFORE:
        progress.note(
            f"no profile: recording begins after {STEPS_BEFORE} steps in a row without tracing; "
            "give it more --train_steps"
        )
