"""What a run would give each problem, as a table for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from t2t_mm.bin.command import make_console

if TYPE_CHECKING:
    from t2t_mm.training.dry_run import TrainingPlan

_BLOCKS = " ▁▂▃▄▅▆▇█"
_HEADINGS = ("batches", "examples", "target tokens", "padding", "epochs", "Gop", "GiB", "time")
_NOTES = (
    "Over the run: batches of each twentieth of it. Epochs: passes over the training examples that "
    "are not too long. Gop: 1e9 multiplications and additions. GiB: most memory held in its steps; "
    "-: of a GPU no more than in another problem's above. "
    "Time: of steps like those that were timed here; evaluations and checkpoints come on top."
)


def print_plan(plan: TrainingPlan, console: Console | None = None) -> None:
    """Print a row for each problem, and below what all of them take together.

    Args:
        plan: What `plan` returns.
        console: Where to; standard output by default.
    """
    console = console or make_console()
    table = Table(box=None, pad_edge=False)
    table.add_column("problem", no_wrap=True, overflow="fold")
    table.add_column("over the run", no_wrap=True)
    for heading in ("share", *_HEADINGS):
        table.add_column(heading, justify="right", no_wrap=True)
    most = max(max(problem.over_run) for problem in plan.problems.values())
    total = sum(problem.batches for problem in plan.problems.values())
    for name, problem in plan.problems.items():
        about = "" if problem.batches_read == problem.batches else "~"
        table.add_row(
            name,
            draw_parts(problem.over_run, most),
            f"{problem.batches / max(total, 1):.1%}",
            f"{problem.batches:,}",
            f"{about}{problem.examples:,.0f}",
            f"{about}{problem.target_tokens:,.0f}",
            f"{problem.padded_share:.1%}",
            f"{about}{problem.epochs:,.2f}",
            f"{problem.operations / 1e9:,.1f}",
            f"{problem.peak_bytes / 2**30:.2f}" if problem.peak_bytes else "-",
            write_time(problem.seconds),
        )
    console.print(table)
    for line in _list_lines(plan, total):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(_NOTES, style="dim", highlight=False)


def _list_lines(plan: TrainingPlan, batches: int) -> list[str]:
    whole, start = write_time(plan.seconds), write_time(plan.start_seconds)
    lines = [
        f"steps {plan.first_step:,} to {plan.steps:,}, {batches:,} batches: {whole} {plan.device}, "
        f"{start} of it to begin with: first batches, graphs",
        f"{plan.parameters:,} parameters: {plan.model_bytes / 2**30:.2f} GiB of weights, gradients "
        "and moments",
    ]
    if plan.follows_losses:
        lines.append("rates follow losses: the batches here are those of the rates alone")
    return lines


def draw_parts(parts: tuple[int, ...], most: int) -> str:
    """Draw numbers as blocks, none as a space.

    Example:
        >>> draw_parts((0, 1, 5, 10), most=10)
        ' ▁▄█'
    """
    levels = len(_BLOCKS) - 1
    return "".join(_BLOCKS[-(-part * levels // most) if most else 0] for part in parts)


def write_time(seconds: float) -> str:
    """Write a time as exactly as an estimate of it deserves.

    Example:
        >>> [write_time(seconds) for seconds in (0.04, 75, 5_000, 200_000)]
        ['0.0 s', '75 s', '1.4 h', '2.3 days']
    """
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 120)):
        if seconds >= size * (1.5 if unit == "days" else 1):
            return f"{seconds / (60 if unit == 'min' else size):.1f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
