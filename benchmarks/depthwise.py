"""Depthwise convolutions on JAX: the library's grouped one, and a sum over shifted places.

    python benchmarks/depthwise.py --quick

One call is a forward and a backward pass with the gradients of rows and kernel. `least` is what it
takes to read rows and upstream gradient and to write output and gradient of the rows once, at the
rate at which a copy of the rows does that in the same run. Bfloat16 on a GPU, float32 on a CPU.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from expert_timing import CALLS_AT_ONCE, time_in_turns

from t2t_mm.bin import command

SHAPES, CPU_SHAPES = ((256, 64, 512), (32, 1024, 512)), ((16, 64, 512), (2, 1024, 512))
KERNELS = ((3, 1), (15, 1), (15, 8))
"""Taps and dilation: those of a ConvBlock."""


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_integer("rounds", 9, "Times to measure each form.", lower_bound=1)
    flags.DEFINE_bool("quick", False, "Three times each.")
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Measure and print."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax

    on_gpu = jax.default_backend() == "gpu"
    figures = []
    for shape in SHAPES if on_gpu else CPU_SHAPES:
        for taps, dilation in KERNELS:
            row = measure(shape, taps, dilation, 3 if flags.quick else flags.rounds, on_gpu)
            figures.append({"shape": shape, "taps": taps, "dilation": dilation, **row})
            words = (f"{name} {1e3 * seconds:.3f} ms" for name, seconds in row.items())
            print(f"{shape}, {taps} taps, dilation {dilation}: {', '.join(words)}", flush=True)
    if flags.json:
        Path(flags.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def measure(
    shape: tuple[int, ...], taps: int, dilation: int, rounds: int, on_gpu: bool
) -> dict[str, float]:
    """Time both forms; return the median seconds of each, and of the least."""
    import jax

    from t2t_mm.layers.depthwise import convolve_depthwise

    def draw(number: int, *sizes: int) -> Any:
        dtype = "bfloat16" if on_gpu else "float32"
        return jax.random.normal(jax.random.key(number), sizes, dtype)

    x, kernel, upstream = draw(0, *shape), draw(1, taps, shape[-1]), draw(2, *shape)

    def make_step(convolve: Callable[..., Any]) -> Callable[..., None]:
        def compute(x: Any, kernel: Any, upstream: Any) -> Any:
            out, back_propagate = jax.vjp(lambda *both: convolve(*both, dilation), x, kernel)
            return out, back_propagate(upstream)

        return repeat(jax.jit(compute), x, kernel, upstream)

    plain = convolve_depthwise.__wrapped__  # type: ignore[attr-defined]
    steps = {
        "shifted": make_step(convolve_depthwise),
        "grouped": make_step(plain),
        "least": repeat(jax.jit(lambda *both: tuple(-one for one in both)), x, upstream),
    }
    seconds, failures = time_in_turns(steps, rounds, CALLS_AT_ONCE if on_gpu else 1)
    for name, why in failures.items():
        print(f"{name} {why}")
    return {name: median(found) for name, found in seconds.items() if found}


def repeat(run: Callable[..., Any], *arguments: Any) -> Callable[..., None]:
    """Make a step that calls a compiled function some times, then waits for the device."""
    import jax

    def step(number: int = 1) -> None:
        for _ in range(number):
            results = run(*arguments)
        jax.block_until_ready(results)  # type: ignore[no-untyped-call]

    return step


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    return command.run_command("depthwise.py", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
