"""The training step: how much of its time is arithmetic, and what memory it takes.

    python benchmarks/step.py --profile
    python benchmarks/step.py --scaling --plot=scaling.png

Forward pass, backward pass and update of random batches at the shapes at which Tensor2Tensor's
MultiModel was measured. *Share*: operations of the matrix products and convolutions, counted while
the step runs, over its time, over the rate of a plain float32 product of two 2048 x 2048 matrices
that is timed between the steps. Each case runs in a process of its own, so that its peak of memory
is its own. `--quick` takes less than a minute.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from operations import count_operations
from profiling import KINDS, REST, measure_seconds_by_kind
from step_cases import CASES, Case, build_step_and_task, draw_batch

from t2t_mm.bin import command
from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams

Figures = dict[str, Any]


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_list("cases", list(CASES), f"Which to measure, of: {', '.join(CASES)}.")
    flags.DEFINE_integer("steps", 15, "Steps timed in each case.", lower_bound=1)
    flags.DEFINE_bool("profile", False, "Also say what each step's time is spent on.")
    flags.DEFINE_string("hparams", "", "Settings that differ, as in t2t-trainer's --hparams.")
    flags.DEFINE_integer("threads", 0, "See train.num_threads.", lower_bound=0)
    flags.DEFINE_bool("scaling", False, "Text of several lengths and batch sizes instead.")
    flags.DEFINE_string("plot", "", "With --scaling: also draw the tables into this file.")
    flags.DEFINE_bool("quick", False, "The tiny set's text only, three steps.")
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Measure and print."""
    if flags.plot and not flags.scaling:
        raise UserError("--plot draws the tables of --scaling", fix="Give both.")
    names = ["text tiny"] if flags.quick else flags.cases
    for name in names:
        if name not in CASES:
            raise UserError(f"Unknown case {name!r}", expected=", ".join(CASES))
        load_hparams(CASES[name].hparams_set, overrides=flags.hparams)  # an error here, not there
    figures: Any
    if flags.scaling:
        from step_scaling import show_scaling

        figures = show_scaling(make_measure(flags), flags.quick, flags.plot)
    else:
        measure_one = make_measure(flags)
        figures = {name: measure_one(CASES[name]) for name in names}
        print_table(figures)
        if flags.profile:
            print_profiles(figures)
    if flags.json:
        Path(flags.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def make_measure(flags: Any) -> Callable[[Case], Figures]:
    """Make a function that measures a case in a process of its own."""
    steps = 3 if flags.quick else flags.steps
    settings = (steps, flags.hparams, flags.profile, flags.threads)

    def measure_alone(case: Case) -> Figures:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found: Figures = pool.apply(measure, (case, *settings))
        return found

    return measure_alone


def measure(case: Case, num_steps: int, settings: str, profile: bool, num_threads: int) -> Figures:
    """Run one case; meant for a process of its own."""
    start = time.perf_counter()
    set_threads(num_threads)
    step, task = build_step_and_task(case, settings)
    batch = draw_batch(case)

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
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


HEADINGS = ("ms", "examples/s", "tokens/s", "share", "Gop", "params", "GiB", "B/param", "first s")
CAPTION = (
    "ms: median of a step; tokens: of the targets; share: of the rate of a plain\n"
    "product; Gop: 1e9 counted operations; GiB: peak memory; B/param: its bytes above\n"
    "1 GiB for each parameter; first s: from the start to the end of the first step"
)


def print_table(figures: dict[str, Figures]) -> None:
    """Print a row for each case."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, caption=CAPTION, caption_justify="left")
    table.add_column("case", no_wrap=True)
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for name, values in figures.items():
        table.add_row(name, *format_cells(values))
    Console().print(table)


def print_profiles(figures: dict[str, Figures]) -> None:
    """Print what the cores do in a step: a row for each kind of operation, a column a case."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("core time", no_wrap=True)
    for name in figures:
        table.add_column(name, justify="right")
    for kind in (*KINDS, REST):
        shares = []
        for values in figures.values():
            spent = values["core_seconds"]
            shares.append(f"{spent[kind] / sum(spent.values()):.0%}")
        table.add_row(kind, *shares)
    Console().print(table)


def format_cells(values: Figures) -> Sequence[str]:
    """Return the figures of a row, as text."""
    seconds, gibibyte = values["seconds"], 2**30
    over = max(values["peak_bytes"] - gibibyte, 0.0) / values["parameters"]
    return (
        f"{seconds * 1e3:,.0f}",
        f"{values['examples'] / seconds:,.1f}",
        f"{values['target_tokens'] / seconds:,.0f}",
        f"{values['share']:.1%}",
        f"{values['operations'] / 1e9:,.0f}",
        f"{values['parameters'] / 1e6:,.1f}M",
        f"{values['peak_bytes'] / gibibyte:.2f}",
        f"{over:.1f}",
        f"{values['first_step_seconds']:.1f}",
    )


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    return command.run_command("step.py", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
