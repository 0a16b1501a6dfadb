"""What a person sees while a run trains: a live table, or plain lines without a terminal."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

FIRST_LINE_STEPS = 10
SECONDS_BETWEEN_LINES = 20.0


@dataclass
class ProblemTotals:
    """What one problem has received since the start of this process.

    Args:
        steps: Batches trained on.
        examples: Examples in them.
        target_tokens: Target positions that are not padding.
        padded_share: Of the last interval's positions.
        loss: Mean loss of the last interval, nats per token.
    """

    steps: int = 0
    examples: int = 0
    target_tokens: int = 0
    padded_share: float = float("nan")
    loss: float = float("nan")


class LastingConsole(Console):
    """A console whose reader may leave, as `tee` does at Ctrl-C: the run goes on, and is saved."""

    def on_broken_pipe(self) -> None:
        """Say nothing from now on; rich would end the process."""
        self.quiet = True


@dataclass
class Progress:
    """The state of the run that is shown.

    Args:
        names: The problems.
        total_steps: Where training ends.
        first_step: Where this process began.
        console: Where it is shown; standard error by default.

    Attributes:
        after_step: Is told after each step whether it was typical.
    """

    names: Sequence[str]
    total_steps: int
    first_step: int
    console: Console = field(default_factory=lambda: LastingConsole(file=sys.stderr))
    step: int = 0
    learning_rate: float = 0.0
    tokens_per_second: float = 0.0
    examples_per_second: float = 0.0
    padded_share: float = 0.0
    skipped: int = 0

    def __post_init__(self) -> None:
        self.totals: dict[str, ProblemTotals] = {name: ProblemTotals() for name in self.names}
        self.step = self.first_step
        self._shown_at = time.monotonic()
        self._has_shown_first = False
        self._timed_steps, self._seconds_of_steps = 0, 0.0
        self._seconds_aside = 0.0
        self._noted: set[str] = set()
        self._live: Live | None = None
        self.after_step: Callable[[bool], None] | None = None

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
            with contextlib.suppress(OSError):
                self._live.stop()

    def note(self, text: str) -> None:
        """Say something above the table or as a line; to nobody if the terminal is gone."""
        with contextlib.suppress(OSError):
            self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def note_once(self, text: str) -> None:
        """Say something unless it was said before."""
        if text not in self._noted:
            self._noted.add(text)
            self.note(text)

    def note_at_times(self, text: str) -> None:
        """Say something unless something was said within the last 20 seconds."""
        if self._is_silent_for_long():
            self._shown_at = time.monotonic()
            self.note(text)

    def count_step(self, seconds: float, *, is_typical: bool) -> None:
        """Count the time of a step; of one that is not typical, as one with tracing, none."""
        if is_typical:
            self._timed_steps += 1
            self._seconds_of_steps += seconds
        if self.after_step is not None:
            self.after_step(is_typical)

    def count_aside(self, seconds: float) -> None:
        """Count time between steps: that of a checkpoint and an evaluation."""
        self._seconds_aside += seconds

    def is_due(self, step: int) -> bool:
        """Return whether it is time to show something: after ten steps, then every 20 seconds."""
        is_first = not self._has_shown_first and step - self.first_step >= FIRST_LINE_STEPS
        return is_first or self._is_silent_for_long()

    def show_interval(self, step: int, losses: Mapping[str, float]) -> None:
        """Take the numbers of the interval that ended at `step`; a line of them if one is due."""
        is_due = self.is_due(step) or step == self.total_steps
        self.step = step
        for name, loss in losses.items():
            self.totals[name].loss = loss
        if is_due:
            self._has_shown_first = True
            self._shown_at = time.monotonic()
            if self._live is None:
                self.note(self.write_line(losses))

    def estimate_seconds_left(self) -> float:
        """Return the time to the last step, in seconds; not a number before a step was timed.

        It is that of this process's steps without tracing, and what its checkpoints and evaluations
        took for each step so far.
        """
        if not self._timed_steps:
            return float("nan")
        aside = self._seconds_aside / max(self.step - self.first_step, 1)
        each = self._seconds_of_steps / self._timed_steps + aside
        return each * (self.total_steps - self.step)

    def _is_silent_for_long(self) -> bool:
        return time.monotonic() - self._shown_at >= SECONDS_BETWEEN_LINES

    def write_line(self, losses: Mapping[str, float]) -> str:
        """Write the interval as one plain line."""
        parts = "  ".join(f"{name} {loss:.3f}" for name, loss in losses.items())
        return (
            f"step {self.step}/{self.total_steps}  loss: {parts}  {self._write_speed()}  "
            f"lr {self.learning_rate:.2e}  {format_time_left(self.estimate_seconds_left())}"
        )

    def _write_speed(self) -> str:
        return (
            f"{self.tokens_per_second:,.0f} target tokens/s, "
            f"{self.examples_per_second:,.0f} examples/s, padding {self.padded_share:.0%}"
            + (f", {self.skipped:,} batches skipped" if self.skipped else "")
        )

    def make_table(self) -> Group:
        """Make the live view: a row for each problem, a bar for the run."""
        table = Table(box=None, pad_edge=False)
        for heading in ("problem", "share", "steps", "target tokens", "padding", "loss"):
            table.add_column(heading, justify="left" if heading == "problem" else "right")
        steps = max(sum(total.steps for total in self.totals.values()), 1)
        for name, total in self.totals.items():
            table.add_row(
                name,
                f"{total.steps / steps:.0%}",
                f"{total.steps:,}",
                f"{total.target_tokens:,}",
                f"{total.padded_share:.0%}",
                f"{total.loss:.3f}",
            )
        status = Text(
            f"step {self.step:,}/{self.total_steps:,}   {self._write_speed()}   "
            f"lr {self.learning_rate:.2e}   {format_time_left(self.estimate_seconds_left())}"
        )
        below = Table.grid()
        below.add_row(ProgressBar(total=self.total_steps, completed=self.step, width=60))
        below.add_row(status)
        return Group(table, below)


def format_time_left(seconds: float) -> str:
    """Write a time that is left, as exactly as it can be known.

    Example:
        >>> [format_time_left(seconds) for seconds in (59, 3_660, 100_000, float("nan"))]
        ['0:59 left', '1:01:00 left', '1 day 3 h left', 'time left not known yet']
    """
    if math.isnan(seconds):
        return "time left not known yet"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if days := hours // 24:
        return f"{days:,} {'day' if days == 1 else 'days'} {hours % 24} h left"
    return f"{hours}:{minutes:02d}:{rest:02d} left" if hours else f"{minutes}:{rest:02d} left"
