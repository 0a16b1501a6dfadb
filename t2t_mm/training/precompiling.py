"""The programs of a mixture, compiled before it trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence

from t2t_mm.data.pipeline.padding import describe_batch
from t2t_mm.run.task import Task
from t2t_mm.training.backend import Backend
from t2t_mm.training.objective import Batch
from t2t_mm.training.step import complete_batch, name_what_is_too_large


def compile_programs(
    backend: Backend,
    tasks: Sequence[Task],
    batches: Mapping[str, Sequence[Batch]],
    tell: Callable[[str], None],
    accumulates: bool = False,
    loss_weights: Mapping[str, float] | None = None,
) -> None:
    """Compile what trains batches of some shapes; the backend keeps it for later processes.

    Args:
        backend: Of the model.
        tasks: The problems.
        batches: By problem, one of every shape.
        tell: Is given a line for each program.
        accumulates: Whether gradients of several batches are averaged.
        loss_weights: By problem, what its loss is multiplied with; none: no loss is.
    """
    compiled: set[Hashable] = set()
    for task in tasks:
        if not batches[task.name]:
            tell(f"{task.name}: its pictures are of any size, so its programs are not known yet")
        for batch in batches[task.name]:
            shapes = (task.signature, describe_batch(batch))
            if shapes in compiled:
                continue
            start, example = time.monotonic(), complete_batch(task, batch, loss_weights)
            with name_what_is_too_large(task, batch):
                if accumulates:
                    backend.compile_accumulation(task.signature, example)
                else:
                    backend.compile_update(task.signature, example)
            compiled.add(shapes)
            seconds = time.monotonic() - start
            nets = " to ".join(task.signature)
            tell(f"program {len(compiled)}: {nets}, {shapes[1]}, compiled in {seconds:.1f} s")
    if accumulates:
        backend.compile_accumulated_update()
