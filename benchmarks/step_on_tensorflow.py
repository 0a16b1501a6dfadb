"""Measures a training step on TensorFlow: its time, memory and operations; see `step.py`."""

from __future__ import annotations

import os
import resource
import statistics
import time
from typing import Any

from profiling import measure_seconds_by_kind
from step_cases import Case, build_step_and_task, draw_batch

from t2t_mm.training.on_tensorflow.operations import count_operations

Figures = dict[str, Any]


def measure(case: Case, num_steps: int, settings: str, profile: bool, num_threads: int) -> Figures:
    """Run one case; meant for a process of its own."""
    import tensorflow as tf

    start = time.perf_counter()
    set_threads(num_threads)
    step, task = build_step_and_task(case, settings)
    batch = {name: tf.constant(array) for name, array in draw_batch(case).items()}

    def run() -> None:
        float(step.update(task, batch, 1e-4)["loss"])

    run()
    first = time.perf_counter() - start
    num_products = max((os.cpu_count() or 1) // num_threads, 1) if num_threads else 1
    seconds, products = time_interleaved(run, num_steps, num_products)
    figures = {
        "examples": case.batch_size,
        "target_tokens": case.batch_size * max(case.target_length, 1),
        "parameters": step.backend.model.count_params(),
        "peak_bytes": read_peak_bytes(),
        "first_step_seconds": first,
        "seconds": statistics.median(seconds),
        "quartiles": statistics.quantiles(seconds, n=4)[::2],
        "matmul_rate": 2 * 2048**3 / statistics.median(products),
        "operations": count_operations(
            lambda: step.backend.compute_gradients(task.signature, {**batch, **task.indices()})
        ),
    }
    figures["share"] = figures["operations"] / figures["seconds"] / figures["matmul_rate"]
    if profile:
        figures["core_seconds"] = measure_seconds_by_kind(run)
    return figures


def set_threads(number: int) -> None:
    """Bound the threads of one operation, unless 0; as many run at once as there are cores."""
    import tensorflow as tf

    if number:
        tf.config.threading.set_intra_op_parallelism_threads(number)


def time_interleaved(
    run: Any, num_steps: int, num_products: int
) -> tuple[list[float], list[float]]:
    """Time each step, and a plain product after it; two rounds warm up.

    Args:
        run: Makes a step.
        num_steps: Rounds that count.
        num_products: Products at the same time, whose time is divided by their number.

    Returns:
        Seconds of the steps, and of the products.
    """
    import tensorflow as tf

    matrices = [tf.random.normal([2048, 2048]) for _ in range(num_products)]

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def multiply() -> Any:
        return [tf.linalg.matmul(matrix, matrix)[0, 0] for matrix in matrices]

    def wait_for_products() -> None:
        for corner in multiply():
            corner.numpy()

    rounds = [
        (time_call(run), time_call(wait_for_products) / num_products) for _ in range(num_steps + 2)
    ]
    seconds, product_seconds = zip(*rounds[2:], strict=True)
    return list(seconds), list(product_seconds)


def time_call(run: Any) -> float:
    """Return seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def read_peak_bytes() -> int:
    """Read the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
