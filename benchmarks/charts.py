"""What the benchmarks' pictures have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def set_log_axes(chart: Any, sizes: Sequence[int], xlabel: str, ylabel: str) -> None:
    """Make both axes logarithmic, with the sizes on one and plain numbers on the other.

    Args:
        chart: Matplotlib's `Axes`, with everything drawn.
        sizes: Where the horizontal axis is labelled.
        xlabel: What they are.
        ylabel: What is drawn over them.
    """
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    chart.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    chart.set_xticks(sizes, [f"{size:,}" for size in sizes], minor=False)
    chart.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    chart.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    for axis in (chart.xaxis, chart.yaxis):
        axis.set_minor_locator(NullLocator())
    chart.grid(alpha=0.3)
