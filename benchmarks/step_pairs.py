"""The training step of two checkouts in turns: what a change costs or gains.

    git worktree add /tmp/before v0.1.0
    python benchmarks/step_pairs.py --before=/tmp/before

For each case of `step.py` a process of either checkout makes the same model and batch; then each
times a few steps after the other, so that a busy neighbour slows both. A ratio is that of a pair.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from step_cases import CASES, build_step_and_task, draw_batch

from t2t_mm.bin import command
from t2t_mm.errors import UserError

Figures = dict[str, Any]

_HERE = Path(__file__).resolve().parent.parent
_SERVE = "import step_pairs; step_pairs.serve()"


def define_flags(flags: Any) -> None:
    """Declare the program's flags on absl's `flags` module."""
    flags.DEFINE_string("before", None, "The other checkout; that of this file is after.")
    flags.DEFINE_list("cases", list(CASES), f"Which to measure, of: {', '.join(CASES)}.")
    flags.DEFINE_integer("pairs", 7, "Turns of each checkout.", lower_bound=1)
    flags.DEFINE_integer("steps", 3, "Steps of a turn.", lower_bound=1)
    flags.DEFINE_string("json", "", "Also write the figures to this file.")


def run_from_flags(flags: Any) -> int:
    """Measure and print."""
    before = Path(flags.before or "")
    if not (before / "benchmarks" / "step_cases.py").is_file():
        raise UserError(
            "There is no checkout to compare with",
            expected="a folder with benchmarks/step_cases.py",
            received={"before": flags.before},
            fix="Make one: git worktree add FOLDER REVISION.",
        )
    for name in flags.cases:
        if name not in CASES:
            raise UserError(f"Unknown case {name!r}", expected=", ".join(CASES))
    figures = {}
    for name in flags.cases:
        figures[name] = compare(name, (before, _HERE), flags.pairs, flags.steps)
        print(f"{name}: {figures[name]['ratio']:.3f}", file=sys.stderr, flush=True)
    print_table(figures)
    if flags.json:
        Path(flags.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def compare(name: str, checkouts: Sequence[Path], num_pairs: int, num_steps: int) -> Figures:
    """Time one case on two checkouts in turns.

    Args:
        name: Of the case.
        checkouts: Before and after.
        num_pairs: Turns of each.
        num_steps: Steps of a turn, whose mean counts.

    Returns:
        Of both: seconds of a step, loss of the last one and peak of memory; and the median ratio
        of a pair, after to before, with quartiles.
    """
    workers = [start_worker(checkout, name) for checkout in checkouts]
    first = [*map(read_answer, workers)]  # built, traced and warm
    turns: list[list[Figures]] = [[], []]
    for pair in range(num_pairs):
        for side in (0, 1) if pair % 2 else (1, 0):
            print(num_steps, file=workers[side].stdin, flush=True)
            turns[side].append(read_answer(workers[side]))
    for worker in workers:
        worker.communicate()
    seconds = [[turn["seconds"] for turn in side] for side in turns]
    ratios = [after / before for before, after in zip(*seconds, strict=True)]
    return {
        "seconds": [statistics.median(side) for side in seconds],
        "first_step_seconds": [answer["seconds"] for answer in first],
        "loss": [side[-1]["loss"] for side in turns],
        "peak_bytes": [side[-1]["peak_bytes"] for side in turns],
        "ratio": statistics.median(ratios),
        "ratios": ratios,
    }


def start_worker(checkout: Path, name: str) -> subprocess.Popen[str]:
    """Start the process of a checkout; what it measures is of that checkout alone."""
    own = [checkout, checkout / "benchmarks", Path(__file__).parent]
    paths = os.pathsep.join(map(str, own))
    return subprocess.Popen(
        [sys.executable, "-c", _SERVE, name],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": paths, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def read_answer(worker: subprocess.Popen[str]) -> Figures:
    """Return what a worker says next.

    Raises:
        UserError: It has ended.
    """
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not line:
        raise UserError(
            "The process of a checkout ended before it had answered",
            expected="benchmarks/step_cases.py with the functions of this checkout's",
            received={"process": worker.args},
            fix="What it said stands above.",
        )
    answer: Figures = json.loads(line)
    return answer


def serve() -> None:
    """Make the steps that standard input asks for; runs in the process of a checkout."""
    start = time.perf_counter()
    case = CASES[sys.argv[1]]
    step, task = build_step_and_task(case, "")
    batch = draw_batch(case)

    def run(number: int, start: float) -> None:
        for _ in range(number):
            loss = float(step.update(task, batch, 1e-4)["loss"])
        seconds = (time.perf_counter() - start) / number
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        answer = {"seconds": seconds, "loss": loss, "peak_bytes": peak}
        print(json.dumps(answer), flush=True)

    run(1, start)
    for line in sys.stdin:
        run(int(line), time.perf_counter())


def print_table(figures: dict[str, Figures]) -> None:
    """Print a row for each case."""
    from rich.console import Console
    from rich.table import Table

    caption = "ratio: median of the pairs' (least to most), after to before; GiB: peak memory"
    table = Table(box=None, pad_edge=False, caption=caption, caption_justify="left")
    table.add_column("case", no_wrap=True)
    for heading in ("ms before", "ms after", "ratio", "GiB before", "GiB after", "losses"):
        table.add_column(heading, justify="right")
    for name, values in figures.items():
        least, most = min(values["ratios"]), max(values["ratios"])
        table.add_row(
            name,
            *(f"{seconds * 1e3:,.0f}" for seconds in values["seconds"]),
            f"{values['ratio']:.3f} ({least:.2f} to {most:.2f})",
            *(f"{peak / 2**30:.2f}" for peak in values["peak_bytes"]),
            "equal" if values["loss"][0] == values["loss"][1] else "differ",
        )
    Console().print(table)


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    return command.run_command("step_pairs.py", __doc__, define_flags, run_from_flags, argv)


if __name__ == "__main__":
    raise SystemExit(main())
