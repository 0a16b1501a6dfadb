"""What a person sees while a run trains: a live table, or plain lines without a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text


@dataclass
class ProblemTotals:
    """What one problem has received since the start of this process.

    Args:
        steps: Batches trained on.
        examples: Examples in them.
        target_tokens: Target positions that are not padding.
        loss: Mean loss of the last interval, nats per token.
    """

    steps: int = 0
    examples: int = 0
    target_tokens: int = 0
    loss: float = float("nan")


@dataclass
class Progress:
    """The state of the run that is shown.

    Args:
        names: The problems.
        total_steps: Where training ends.
        first_step: Where this process began.
        console: Where it is shown; standard error by default.
    """

    names: Sequence[str]
    total_steps: int
    first_step: int
    console: Console = field(default_factory=lambda: Console(file=sys.stderr))
    step: int = 0
    learning_rate: float = 0.0
    tokens_per_second: float = 0.0

    def __post_init__(self) -> None:
        self.totals: dict[str, ProblemTotals] = {name: ProblemTotals() for name in self.names}
        self.step = self.first_step
        self._start = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        if self.console.is_terminal:
            self._live = Live(
                console=self.console, refresh_per_second=2, get_renderable=self.make_table
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def note(self, text: str) -> None:
        """Say something once, above the table or as a line."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def show_interval(self, step: int, losses: Mapping[str, float]) -> None:
        """Take the numbers of the interval that ended at `step`."""
        self.step = step
        for name, loss in losses.items():
            self.totals[name].loss = loss
        if self._live is None:
            self.note(self.write_line(losses))

    def estimate_seconds_left(self) -> float:
        """Return the time to the last step at this process's mean speed, in seconds."""
        done = max(self.step - self.first_step, 1)
        return (time.monotonic() - self._start) / done * (self.total_steps - self.step)

    def write_line(self, losses: Mapping[str, float]) -> str:
        """Write the interval as one plain line."""
        parts = "  ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
        return (
            f"step {self.step}/{self.total_steps}  loss: {parts}  "
            f"{self.tokens_per_second:,.0f} tokens/s  lr {self.learning_rate:.2e}  "
            f"{_format_time(self.estimate_seconds_left())} left"
        )

    def make_table(self) -> Group:
        """Make the live view: a row for each problem, a bar for the run."""
        table = Table(box=None, pad_edge=False)
        for heading in ("problem", "share", "steps", "target tokens", "loss"):
            table.add_column(heading, justify="left" if heading == "problem" else "right")
        steps = max(sum(total.steps for total in self.totals.values()), 1)
        for name, total in self.totals.items():
            table.add_row(
                name,
                f"{total.steps / steps:.0%}",
                f"{total.steps:,}",
                f"{total.target_tokens:,}",
                f"{total.loss:.3f}",
            )
        status = Text(
            f"step {self.step:,}/{self.total_steps:,}   {self.tokens_per_second:,.0f} tokens/s   "
            f"lr {self.learning_rate:.2e}   {_format_time(self.estimate_seconds_left())} left"
        )
        below = Table.grid()
        below.add_row(ProgressBar(total=self.total_steps, completed=self.step, width=60))
        below.add_row(status)
        return Group(table, below)


def _format_time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
