"""What a person at a terminal sees while outputs are decoded, and is told at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)


def show_progress(
    outputs: Iterable[str],
    total: int,
    name: str,
    *,
    done: int = 0,
    count_symbols: Callable[[], int] = lambda: 0,
    has_bar: bool = True,
    console: Console | None = None,
) -> Iterator[str]:
    """Yield outputs, and show on a terminal how many, how fast and for how long still.

    Args:
        outputs: Decoded when asked for.
        total: How many there will be, with those that are done.
        name: What is decoded.
        done: How many there are.
        count_symbols: How many symbols were decoded so far; none where outputs are classes.
        has_bar: Whether there is a bar; outputs on the same terminal would tear it.
        console: Standard error by default; nothing is shown where it is no terminal.

    Example:
        >>> import sys
        >>> list(show_progress(["a", "b"], 2, "mini_ende", console=Console(file=sys.stdout)))
        ['a', 'b']
    """
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield from outputs
        return
    started, before = time.perf_counter(), count_symbols()

    def describe_speed() -> str:
        seconds = time.perf_counter() - started
        speed = (count_symbols() - before) / max(seconds, 1e-9)
        return f"{speed:,.0f} symbols/s" if speed else ""

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    count = done
    with Progress(*columns, console=console, transient=True, disable=not has_bar) as bar:
        shown = bar.add_task(name, total=total, completed=done, speed="")
        for count, output in enumerate(outputs, start=done + 1):
            yield output
            bar.update(shown, completed=count, speed=describe_speed())
    said = [f"{count - done:,} outputs in {time.perf_counter() - started:.1f} s", describe_speed()]
    console.print(f"{name}: {', '.join(filter(None, said))}", highlight=False, markup=False)
