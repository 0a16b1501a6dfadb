"""The training step: how much of its time is arithmetic, and what memory it takes.

    python benchmarks/step.py --profile
    python benchmarks/step.py --scaling --plot=scaling.png
    python benchmarks/step.py --backend=jax --profile --compile_cache=/tmp/programs

Forward pass, backward pass and update of random batches at the shapes at which Tensor2Tensor's
MultiModel was measured. *Share*: operations of the matrix products and convolutions, counted while
the step runs, over its time, over the rate of a plain float32 product of two 2048 x 2048 matrices
that is timed between the steps; on a GPU the policy is mixed_bfloat16, batches are larger, and the
product is one of bfloat16 matrices of 8192 x 8192. Each case runs in a process of its own, so that
its peak of memory is its own. `--quick` takes less than a minute.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from step_cases import CASES, GPU_CASES, Case

from t2t_mm.bin import command
from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams

Figures = dict[str, Any]


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_enum("backend", "tensorflow", ["tensorflow", "jax"], "Keras's backend.")
    flags.DEFINE_list("cases", [], f"Which to measure, all if empty, of: {', '.join(CASES)}.")
    flags.DEFINE_integer("steps", 15, "Times to measure in each case.", lower_bound=2)
    flags.DEFINE_bool("profile", False, "Also say what each step's time is spent on.")
    flags.DEFINE_string("hparams", "", "Settings that differ, as in t2t-trainer's --hparams.")
    flags.DEFINE_integer("threads", 0, "On TensorFlow, see train.num_threads.", lower_bound=0)
    flags.DEFINE_string(
        "compile_cache", "", "On JAX: a folder; each case compiles into it, then again from it."
    )
    flags.DEFINE_bool("scaling", False, "Text of several lengths and batch sizes instead.")
    flags.DEFINE_string("plot", "", "With --scaling: also draw the tables into this file.")
    flags.DEFINE_bool("quick", False, "The tiny set's text only, unless cases are given; 3 steps.")
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Measure and print."""
    if flags.plot and not flags.scaling:
        raise UserError("--plot draws the tables of --scaling", fix="Give both.")
    os.environ["KERAS_BACKEND"] = flags.backend  # before anything imports Keras
    device = run_alone("step_on_jax", "find_device_kind") if flags.backend == "jax" else "cpu"
    cases = choose_cases(GPU_CASES if "gpu" in device else CASES, flags.cases, flags.quick)
    for case in cases.values():
        load_hparams(case.hparams_set, overrides=flags.hparams)  # an error here, not there
    measure_one = make_measure(flags)
    figures: Any = {}
    if flags.scaling:
        from step_scaling import show_scaling

        figures = show_scaling(measure_one, flags.quick, flags.plot)
    else:
        for name, case in cases.items():
            figures[name] = measure_one(case)
            print(f"{name} on {device}: {1e3 * figures[name]['seconds']:.1f} ms", flush=True)
            write_figures(flags.json, figures)  # so that an interrupted run keeps what it has
        print_table(figures)
        if flags.profile:
            print_profiles(figures)
    write_figures(flags.json, figures)
    return 0


def choose_cases(known: Mapping[str, Case], names: Sequence[str], quick: bool) -> dict[str, Case]:
    """Choose cases by name; all if none is given."""
    if unknown := [name for name in names if name not in known]:
        raise UserError(f"Unknown case {unknown[0]!r}", expected=", ".join(known))
    return {name: known[name] for name in names or (["text tiny"] if quick else known)}


def write_figures(path: str, figures: Any) -> None:
    """Write figures, unless the path is empty."""
    if path:
        Path(path).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def make_measure(flags: Any) -> Callable[[Case], Figures]:
    """Make a function that measures a case in a process of its own."""
    steps = 3 if flags.quick else flags.steps
    last = {"jax": flags.compile_cache, "tensorflow": flags.threads}[flags.backend]

    def measure_alone(case: Case) -> Figures:
        module = f"step_on_{flags.backend}"
        found: Figures = run_alone(
            module, "measure", case, steps, flags.hparams, flags.profile, last
        )
        if flags.backend == "jax" and flags.compile_cache:
            again = run_alone(module, "measure_compilation", case, flags.hparams, last)
            found |= {f"cached_{name}": value for name, value in again.items()}
        return found

    return measure_alone


def run_alone(module: str, function: str, *arguments: Any) -> Any:
    """Call a function of another file of this folder in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_call, (module, function, *arguments))


def _call(module: str, function: str, *arguments: Any) -> Any:
    return getattr(importlib.import_module(module), function)(*arguments)


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
    for name, values in figures.items():
        if "compile_seconds" in values:
            print(f"{name}: {describe_compilation(values)}")


def describe_compilation(values: Figures) -> str:
    """Say what JAX took before the first step, from its compilation cache too if there is one."""
    parts = (("", ""), ("cached_", "; from the cache "))
    return "".join(
        f"{text}traced in {values[f'{key}trace_seconds']:.1f} s, "
        f"compiled in {values[f'{key}compile_seconds']:.1f} s"
        for key, text in parts
        if f"{key}trace_seconds" in values
    )


def print_profiles(figures: dict[str, Figures]) -> None:
    """Print what the cores do in a step: a row for each kind of operation, a column a case."""
    from rich.console import Console
    from rich.table import Table

    if "device_seconds" in next(iter(figures.values())):
        from profiling_on_jax import print_profile

        for name, values in figures.items():
            print_profile(name, values["device_seconds"])
        return
    from profiling import KINDS, REST

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
