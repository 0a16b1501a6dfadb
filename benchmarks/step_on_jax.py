"""Measures a training step on JAX: its compilation, its time and its memory; see `step.py`."""

from __future__ import annotations

import itertools
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from operations_on_jax import count_operations, stand_in_for_experts
from profiling_on_jax import profile_device
from step_cases import Case, build_step_and_task, draw_batch

Figures = dict[str, Any]
STEPS_AT_ONCE = 5
"""Steps between two waits for a GPU; a CPU has one, as its steps are long."""


def find_device_kind() -> str:
    """Return what JAX computes on, as it names it; meant for a process of its own."""
    import jax

    device = jax.devices()[0]
    return f"{device.platform}: {device.device_kind}"


def measure(case: Case, num_steps: int, settings: str, profile: bool, cache: str) -> Figures:
    """Run one case; meant for a process of its own.

    Args:
        case: What to run.
        num_steps: Times to measure; on a GPU each is the mean of `STEPS_AT_ONCE` steps.
        settings: What differs from the set.
        profile: Whether to say what the device does.
        cache: Folder of JAX's persistent compilation cache; empty for none.
    """
    import jax

    on_gpu = jax.default_backend() == "gpu"
    if profile:  # as deep as from Keras's operations to a file of ours
        set_option("jax_traceback_in_locations_limit", 100)
    start = time.perf_counter()

    def tell(what: str) -> None:
        print(f"{time.perf_counter() - start:6.1f} s: {what}", flush=True)

    watch = CompilationWatch(cache)
    step = Step(case, f"model.precision=mixed_bfloat16,{settings}" if on_gpu else settings, tell)
    step.run(1)
    first = time.perf_counter() - start
    compilation = watch.read()
    tell(", ".join(f"{name} {value:.1f}" for name, value in compilation.items()))
    seconds, products = time_in_turns(step.run, num_steps, on_gpu)
    tell(f"{1e3 * statistics.median(seconds):.1f} ms a step")
    figures = {
        "device": find_device_kind(),
        "examples": case.batch_size,
        "target_tokens": case.batch_size * max(case.target_length, 1),
        "parameters": step.model.count_params(),
        "peak_bytes": read_peak_bytes(),
        "first_step_seconds": first,
        **compilation,
        "seconds": statistics.median(seconds),
        "quartiles": statistics.quantiles(seconds, n=4)[::2],
        "matmul_rate": 1.0 / statistics.median(products),
        "operations": step.count_operations(),
    }
    figures["share"] = figures["operations"] / figures["seconds"] / figures["matmul_rate"]
    tell(
        f"{figures['share']:.1%} of the plain product, peak {figures['peak_bytes'] / 2**30:.2f} GiB"
    )
    if profile:
        figures["device_seconds"] = profile_device(lambda: step.run(3), 3)
    return figures


def measure_compilation(case: Case, settings: str, cache: str) -> Figures:
    """Make the first step only, with a compilation cache that may hold it already."""
    found = measure(case, 2, settings, False, cache)
    return {name: found[name] for name in ("trace_seconds", "compile_seconds", "cache_hits")}


def set_option(name: str, value: Any) -> None:
    """Set one of JAX's options."""
    import jax

    jax.config.update(name, value)  # type: ignore[no-untyped-call]


class CompilationWatch:
    """Adds up what JAX takes to trace and to compile.

    Args:
        cache: Folder of its persistent cache; empty for none.
    """

    def __init__(self, cache: str) -> None:
        import jax

        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._events: dict[str, int] = defaultdict(int)
        jax.monitoring.register_event_duration_secs_listener(self._note_duration)
        jax.monitoring.register_event_listener(self._note_event)
        if cache:
            set_option("jax_compilation_cache_dir", cache)
            set_option("jax_persistent_cache_min_compile_time_secs", 0.0)
            set_option("jax_persistent_cache_min_entry_size_bytes", -1)

    def _note_duration(self, event: str, duration_secs: float, **_: Any) -> None:
        self._seconds[event.rpartition("/")[2]].append(duration_secs)

    def _note_event(self, event: str, **_: Any) -> None:
        self._events[event.rpartition("/")[2]] += 1

    def read(self) -> Figures:
        """Return the seconds of the largest program, and of all others together."""
        traced = self._seconds["jaxpr_trace_duration"]  # those within others count in these
        lowered = self._seconds["jaxpr_to_mlir_module_duration"]
        compiled = self._seconds["backend_compile_duration"]
        return {
            "trace_seconds": max(traced) + max(lowered),
            "compile_seconds": max(compiled),
            "other_compile_seconds": sum(compiled) - max(compiled),
            "num_compiled": len(compiled),
            "cache_hits": self._events["cache_hits"],
        }


class Step:
    """The whole update of a set's model by one batch, as the trainer makes it.

    Args:
        case: The shape.
        settings: What differs from the set.
        tell: Is told what has been done.
    """

    def __init__(self, case: Case, settings: str, tell: Callable[[str], None]) -> None:
        step, task = build_step_and_task(case, settings)
        tell("built")
        self.backend, self.signature = step.backend, task.signature
        self.model = self.backend.model
        self.batch = {**draw_batch(case), **task.indices()}
        self._update = self.backend.compile_update(self.signature, self.batch)
        tell("compiled")

    def run(self, number: int) -> None:
        """Make some updates and wait for the last."""
        for _ in range(number):
            metrics = self._update(self.batch, 1e-4)
        metrics["loss"].block_until_ready()

    def count_operations(self) -> float:
        """Count the operations of forward and backward pass."""
        import jax
        import keras

        from t2t_mm.training.objective import compute_objective

        self.backend.settle()
        reached = self.model.list_reached_variables(*self.signature)

        def compute(values: Any, batch: Any) -> Any:
            with keras.StatelessScope(list(zip(reached, values, strict=True))):
                return compute_objective(self.model, self.signature, batch, 0.1)[0]

        values = [variable.value for variable in reached]
        with stand_in_for_experts(self.model) as of_experts:
            counted = count_operations(jax.grad(compute), values, self.batch)
        return float(counted + sum(of_experts))


def time_in_turns(
    run: Callable[[int], None], num_times: int, on_gpu: bool
) -> tuple[Sequence[float], Sequence[float]]:
    """Time steps, and plain products after them; two rounds warm up.

    Returns:
        Seconds of a step, and seconds of an operation of a plain product: bfloat16 of size 8192 on
        a GPU, float32 of size 2048 on a CPU.
    """
    import jax
    import jax.numpy as jnp

    size, dtype, at_once = (8192, jnp.bfloat16, STEPS_AT_ONCE) if on_gpu else (2048, "float32", 1)
    matrix = jax.random.normal(jax.random.key(0), (size, size), dtype)
    multiply = jax.jit(jnp.matmul)

    def run_products(number: int) -> None:
        for _ in range(number):
            product = multiply(matrix, matrix)
        product.block_until_ready()

    rounds = [
        (time_call(run, at_once), time_call(run_products, at_once)) for _ in range(num_times + 2)
    ]
    steps, products = zip(*itertools.islice(rounds, 2, None), strict=True)
    return steps, [seconds / (2 * size**3) for seconds in products]


def time_call(run: Callable[[int], None], number: int) -> float:
    """Return the seconds of one of a number of calls."""
    start = time.perf_counter()
    run(number)
    return (time.perf_counter() - start) / number


def read_peak_bytes() -> int:
    """Read the most memory that the device has held, or this process where that is not known."""
    import jax

    found = jax.devices()[0].memory_stats() or {}
    process = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return int(found.get("peak_bytes_in_use", process))
