"""One training step of a shipped set on the paper's own problems, at their full size.

    python benchmarks/full_size.py --sets=multimodel_tiny,multimodel_small

A batch is what the problem asks for, and each of its examples as long as nothing that is declared
falls out: pictures of the declared size, 30 seconds of sound, texts of 256 pieces. Each case runs
in a process of its own, so that its peak of memory is its own. The first step traces, so that its
seconds are more than those of later ones, which are not measured here.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from step_cases import Case, build_step_and_task, draw_batch

from t2t_mm import registry
from t2t_mm.bin import command

PROBLEMS = ("imagenet", "coco_caption", "librispeech", "wmt_ende")
"""One of each signature of the paper's problems; trees have that of translation."""

PIECES = 256
SECONDS = 30
Figures = dict[str, float]


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_list("sets", ["multimodel_tiny"], "Registered sets of settings.")
    flags.DEFINE_list("problems", list(PROBLEMS), "Names of problems.")
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Measure and print."""
    figures: dict[str, Figures] = {}
    for name in flags.sets:
        for problem in flags.problems:
            context = multiprocessing.get_context("spawn")
            with context.Pool(1) as pool:
                found = pool.apply(measure_step, (make_case(name, problem),))
            figures[f"{name} {problem}"] = found
            measured = ", ".join(f"{value:.4g} {what}" for what, value in found.items())
            print(f"{name} {problem}: {measured}", flush=True)
    if flags.json:
        Path(flags.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def make_case(name: str, problem_name: str) -> Case:
    """Return the largest batch that a problem declares, for a set of settings."""
    problem = registry.problem(problem_name)
    inputs: Any = problem.features["inputs"]
    shapes: dict[str, Callable[[], tuple[int, ...]]] = {
        "language": lambda: (PIECES,),
        "image": lambda: (inputs.height, inputs.width, inputs.channels),
        "audio": lambda: (100 * SECONDS - 2, inputs.num_bands),
    }
    has_class = problem.features["targets"].modality == "categorical"
    return Case(
        hparams_set=name,
        batch_size=problem.batch.examples or problem.batch.tokens // PIECES,
        inputs=inputs,
        input_shape=shapes[inputs.modality](),
        target_length=0 if has_class else PIECES,
    )


def measure_step(case: Case) -> Figures:
    """Make one update of a new model and return what it took, with the peak of the process."""
    command.import_tensorflow()  # silently
    step, task = build_step_and_task(case, "")
    batch = draw_batch(case)
    start = time.perf_counter()
    metrics = step.update(task, batch, 1e-3)
    loss = float(metrics["loss"])
    return {
        "examples": case.batch_size,
        "seconds": time.perf_counter() - start,
        "gibibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "loss": loss,
    }


def main(argv: list[str] | None = None) -> int:
    """Run the program from its command line; return its exit code."""
    return command.run_command("full_size.py", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
