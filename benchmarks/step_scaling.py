"""How the time of a training step grows with the length of its texts and with their number."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from charts import set_log_axes
from step_cases import TEXT, Case

LENGTHS, QUICK_LENGTHS = (64, 128, 256, 512, 1024), (16, 32)
TOKENS, QUICK_TOKENS = 4096, 128
EXAMPLES, QUICK_EXAMPLES = (8, 16, 32, 64), (4, 8)
Row = tuple[Case, dict[str, Any]]


def show_scaling(
    measure: Callable[[Case], dict[str, Any]], quick: bool, plot: str
) -> list[dict[str, Any]]:
    """Print a table over lengths and one over batch sizes, draw them, and return their figures.

    Args:
        measure: The figures of one case, as `step.measure` makes them.
        quick: Few and short texts of the tiny set.
        plot: The picture's path; empty for none.
    """
    hparams_set = "multimodel_tiny" if quick else "multimodel_base"
    tokens, lengths = (QUICK_TOKENS, QUICK_LENGTHS) if quick else (TOKENS, LENGTHS)
    examples = QUICK_EXAMPLES if quick else EXAMPLES

    def make_case(batch_size: int, length: int) -> Case:
        return Case(hparams_set, batch_size, TEXT, (length,), length)

    measure = functools.cache(measure)  # the sweeps have a case in common
    sweeps = {
        "length": [make_case(tokens // length, length) for length in lengths],
        "examples": [make_case(number, lengths[0]) for number in examples],
    }
    tables = {axis: [(one, measure(one)) for one in cases] for axis, cases in sweeps.items()}
    for axis, rows in tables.items():
        print_sweep(axis, rows)
    if plot:
        draw_sweeps(tables, plot)
    return [
        {"sweep": axis, "examples": one.batch_size, "length": one.target_length, **values}
        for axis, rows in tables.items()
        for one, values in rows
    ]


def read_size(axis: str, case: Case) -> int:
    """Read what a sweep changes."""
    size: int = case.target_length if axis == "length" else case.batch_size
    return size


def describe_sweep(axis: str, case: Case) -> str:
    """Describe what stays the same in a sweep."""
    if axis == "length":
        return f"{case.hparams_set}, {case.batch_size * case.target_length:,} target tokens"
    return f"{case.hparams_set}, texts of {case.target_length} + {case.target_length}"


def print_sweep(axis: str, rows: Sequence[Row]) -> None:
    """Print a row for each size."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in (axis, "ms", "target tokens/s", "share", "Gop", "GiB"):
        table.add_column(heading, justify="right")
    for case, values in rows:
        table.add_row(
            f"{read_size(axis, case):,}",
            f"{1e3 * values['seconds']:,.0f}",
            f"{values['target_tokens'] / values['seconds']:,.0f}",
            f"{values['share']:.0%}",
            f"{values['operations'] / 1e9:,.0f}",
            f"{values['peak_bytes'] / 2**30:.1f}",
        )
    print(f"\n{describe_sweep(axis, rows[0][0])}")
    Console().print(table)


def draw_sweeps(tables: dict[str, list[Row]], path: str) -> None:
    """Draw the medians with their quartiles, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, charts = pyplot.subplots(
        1, len(tables), figsize=(10, 4.2), sharey=True, layout="constrained"
    )
    for chart, (axis, rows) in zip(charts, tables.items(), strict=True):
        sizes = [read_size(axis, case) for case, _ in rows]
        low, high = zip(*(values["quartiles"] for _, values in rows), strict=True)
        seconds = [values["seconds"] for _, values in rows]
        chart.plot(sizes, seconds, marker="o", markersize=3, label="measured")
        chart.fill_between(sizes, low, high, alpha=0.2)
        if axis == "examples":
            line = [seconds[-1] * size / sizes[-1] for size in sizes]
            chart.plot(sizes, line, linestyle=":", color="gray", label="in proportion")
            chart.legend(fontsize=8)
        set_log_axes(chart, sizes, axis, "seconds a step")
        chart.set_ylim(0.5 * min(seconds), 2 * max(seconds))
        chart.set_title(describe_sweep(axis, rows[0][0]), fontsize=10)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
