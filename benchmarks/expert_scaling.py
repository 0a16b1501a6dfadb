"""How the cost of the expert layer grows with its experts and with its tokens; see `moe.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from charts import set_log_axes
from expert_patterns import Shape
from expert_timing import Measure, Result

BASE, QUICK_BASE = Shape(8192, 512, 1024, 60, 4), Shape(512, 64, 128, 16, 4)
EXPERTS, QUICK_EXPERTS = (8, 15, 30, 60, 120, 240), (8, 16, 32)
TOKENS, QUICK_TOKENS = (1024, 2048, 4096, 8192, 16384), (256, 512, 1024)

Row = tuple[Shape, list[Result]]


def show_scaling(measure: Measure, quick: bool, plot: str) -> list[dict[str, Any]]:
    """Print two tables, draw them into the file `plot` if it is named; return their figures.

    All tokens are routed evenly.
    """
    base = QUICK_BASE if quick else BASE
    experts, tokens = (QUICK_EXPERTS, QUICK_TOKENS) if quick else (EXPERTS, TOKENS)
    sweeps = {
        "num_experts": [base._replace(num_experts=number) for number in experts],
        "tokens": [base._replace(tokens=number) for number in tokens],
    }
    tables: dict[str, list[Row]] = {}
    for axis, shapes in sweeps.items():
        tables[axis] = [(shape, measure(shape, ["balanced"])["balanced"]) for shape in shapes]
        print_sweep(axis, tables[axis])
    if plot:
        draw_sweeps(tables, plot)
    return [
        {"sweep": axis, "shape": shape._asdict(), "router": "balanced", **result._asdict()}
        for axis, rows in tables.items()
        for shape, results in rows
        for result in results
    ]


def print_sweep(axis: str, rows: Sequence[Row]) -> None:
    """Print a row for each size, a column for each contender."""
    from rich.console import Console
    from rich.table import Table

    first, results = rows[0]
    table = Table(box=None, pad_edge=False)
    for heading in (axis.replace("_", " "), *(result.name for result in results)):
        table.add_column(heading, justify="right")
    for shape, results in rows:
        entries = [
            "-"
            if result.note
            else f"{1e3 * result.compute_quartiles()[1]:,.0f} ms {result.share:4.0%}"
            for result in results
        ]
        table.add_row(f"{getattr(shape, axis):,}", *entries)
    print(f"\n{describe_sweep(axis, first)}")
    Console().print(table)


def describe_sweep(axis: str, shape: Shape) -> str:
    """Describe what stays the same in a sweep."""
    parts = {
        "tokens": f"{shape.tokens:,} tokens",
        "num_experts": f"{shape.num_experts} experts",
        "width": f"D {shape.width}, F {shape.expert_width}, top {shape.per_token}",
    }
    return ", ".join(text for name, text in parts.items() if name != axis)


def draw_sweeps(tables: dict[str, list[Row]], path: str) -> None:
    """Draw the medians with their quartiles, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, charts = pyplot.subplots(
        1, len(tables), figsize=(10, 4.2), sharey=True, layout="constrained"
    )
    for chart, (axis, rows) in zip(charts, tables.items(), strict=True):
        for index, name in enumerate(result.name for result in rows[0][1]):
            points = [
                (getattr(shape, axis), *results[index].compute_quartiles())
                for shape, results in rows
                if not results[index].note
            ]
            if not points:
                continue
            sizes, low, middle, high = zip(*points, strict=True)
            chart.plot(sizes, middle, marker="o", markersize=3, label=name)
            chart.fill_between(sizes, low, high, alpha=0.2)
        ticks = [getattr(shape, axis) for shape, _ in rows]
        set_log_axes(chart, ticks, axis.replace("_", " "), "seconds")
        chart.set_title(describe_sweep(axis, rows[0][0]), fontsize=10)
    charts[0].legend(fontsize=8)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
