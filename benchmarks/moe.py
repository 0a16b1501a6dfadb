"""The expert layer: our dispatches against other patterns and against plain matmuls.

    python benchmarks/moe.py                            # five to ten minutes on two cores
    python benchmarks/moe.py --backend=jax --shapes=2048,512,1024,8,2
    python benchmarks/moe.py --scaling --plot=scaling.png

One call is a forward and a backward pass with the gradients of inputs, gates and every weight. All
contenders take turns in each round, together with a float32 matmul of size 2,048, whose rate is the
unit: share = 6 T k 2 D F / time / rate, the operations of the chosen experts alone. So a contender
that computes more than them, or waits for memory, has a smaller share; "dense pair" is what two
matmuls of the same operations reach without any routing. With --dtype=bfloat16 that matmul is in
bfloat16 too. Times are medians with quartiles.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from expert_patterns import Shape

from t2t_mm.bin import command
from t2t_mm.errors import UserError

SHAPES = (
    Shape(4096, 512, 2048, 60, 4),
    Shape(2048, 512, 1024, 8, 2),
    Shape(8192, 512, 1024, 240, 4),
    Shape(1024, 512, 2048, 60, 4),
)
QUICK_SHAPES = (Shape(512, 64, 128, 8, 2), Shape(512, 64, 128, 60, 4))
ROUTERS = ("balanced", "skewed")


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_multi_string("shapes", [], "T,D,F,E,k: tokens, widths, experts; may be repeated.")
    flags.DEFINE_integer("rounds", 11, "Calls of each contender; slow ones get 3.")
    flags.DEFINE_list("dispatches", [], "Contenders by name; all if empty.")
    flags.DEFINE_enum("backend", "tensorflow", ["tensorflow", "jax"], "Keras's backend.")
    flags.DEFINE_enum(
        "dtype",
        "auto",
        ["auto", "float32", "bfloat16"],
        "Of numbers and weights; auto: bfloat16 on JAX with a GPU, else float32.",
    )
    flags.DEFINE_bool(
        "check", False, "On JAX, compare output and gradients with float32: column error."
    )
    flags.DEFINE_list("routers", list(ROUTERS), f"Of: {', '.join(ROUTERS)}.")
    flags.DEFINE_bool("quick", False, "Small shapes and few rounds: under a minute.")
    flags.DEFINE_bool("scaling", False, "One table over the experts and one over the tokens.")
    flags.DEFINE_string("plot", "", "With --scaling: also draw the tables into this file.")
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Measure and print."""
    if unknown := set(flags.routers) - set(ROUTERS):
        raise UserError(f"Unknown router {min(unknown)!r}", expected=", ".join(ROUTERS))
    if flags.plot and not flags.scaling:
        raise UserError("--plot draws the tables of --scaling", fix="Give both.")
    shapes = [parse_shape(text) for text in flags.shapes]
    os.environ["KERAS_BACKEND"] = flags.backend  # before anything imports Keras
    if flags.backend == "tensorflow":
        command.import_tensorflow()
    from expert_steps import describe_device
    from expert_timing import Measure

    device = describe_device(flags.backend)
    dtype = flags.dtype
    if dtype == "auto":
        dtype = "bfloat16" if flags.backend == "jax" and "gpu" in device else "float32"
    print(f"{flags.backend}, {dtype}, {device}")
    rounds = min(3, flags.rounds) if flags.quick else flags.rounds
    checks = flags.backend == "jax" and flags.check
    measure = Measure(flags.backend, dtype, rounds, "gpu" in device, flags.dispatches, checks)
    if flags.scaling:
        from expert_scaling import show_scaling

        figures = show_scaling(measure, flags.quick, flags.plot)
    else:
        shapes = shapes or list(QUICK_SHAPES if flags.quick else SHAPES)
        figures = []
        for shape in shapes:
            figures += show_shape(measure, shape, flags.routers)
            if flags.json:  # so that an interrupted run keeps what it has
                write_json(flags.json, figures, {"device": device, "dtype": dtype})
    if flags.json:
        write_json(flags.json, figures, {"device": device, "dtype": dtype})
    return 0


def parse_shape(text: str) -> Shape:
    """Read "T,D,F,E,k"."""
    parts = text.split(",")
    if len(parts) != 5 or not all(part.strip().isdigit() and int(part) > 0 for part in parts):
        raise UserError("A shape is five numbers, T,D,F,E,k", received={"--shapes": text})
    shape = Shape(*(int(part) for part in parts))
    if shape.per_token > shape.num_experts:
        raise UserError("A shape's k is larger than its E", received={"--shapes": text})
    return shape


def show_shape(measure: Any, shape: Shape, routers: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Print a table for one shape; yield its figures."""
    from rich.console import Console
    from rich.table import Table

    for router, results in measure(shape, routers).items():
        table = Table(box=None, pad_edge=False)
        table.add_column("")
        for heading in ("ms", "quartiles", "share", "dropped", "error", "times"):
            table.add_column(heading, justify="right")
        for result in results:
            table.add_row(result.name, *format_cells(result))
            yield collect_figures(shape, router, result)
        rates = [result.rate for result in results if result.rate]
        rate = f", plain matmul {rates[0] / 1e9:,.0f} GFLOP/s" if rates else ""
        print(f"\n{shape}, {router}{rate}")
        Console().print(table)


def format_cells(result: Any) -> list[str]:
    """Return a row's entries but the name."""
    if result.note:
        return ["", result.note, "", "", "", ""]
    low, middle, high = (1e3 * seconds for seconds in result.compute_quartiles())
    dropped = "none" if result.dropped is None else f"{result.dropped:.1%}"
    dropped = "own gate" if result.routes else dropped
    calls = str(len(result.seconds))
    quartiles = f"{low:,.3g} to {high:,.3g}"
    error = f"{max(result.errors.values()):.1e}" if result.errors else ""
    return [f"{middle:,.3g}", quartiles, f"{result.share:.1%}", dropped, error, calls]


def collect_figures(shape: Shape, router: str, result: Any) -> dict[str, Any]:
    """Return a row as a JSON object."""
    return {"shape": shape._asdict(), "router": router, **result._asdict()}


def write_json(path: str, figures: Any, settings: dict[str, str]) -> None:
    """Write the figures and what they were measured with."""
    from t2t_mm.run.environment import describe_environment

    environment = describe_environment(seed=1, argv=sys.argv)
    record = {"environment": environment, **settings, "results": list(figures)}
    Path(path).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    return command.run_command("moe.py", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
