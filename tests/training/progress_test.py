"""What a person sees: lines without a terminal, a table with one."""

import errno
import io
import math
import os
import signal

import pytest
from rich.console import Console

from t2t_mm.training.progress import SECONDS_BETWEEN_LINES, Progress, format_time_left
from t2t_mm.training.stop_signals import catch_stop_signals


def progress(console: Console) -> Progress:
    return Progress(["mini_ende", "mini_deen"], 100, 0, console)


def test_plain_lines_without_a_terminal() -> None:
    output = io.StringIO()
    view = progress(Console(file=output, force_terminal=False))
    with view:
        view.learning_rate, view.tokens_per_second, view.padded_share = 1e-3, 5000.0, 0.125
        view.examples_per_second = 80.0
        view.show_interval(50, {"mini_ende": 2.5})
    line = output.getvalue()
    assert line.count("\n") == 1
    for part in (
        "step 50/100",
        "mini_ende 2.500",
        "5,000 target tokens/s",
        "80 examples/s",
        "padding 12%",
        "lr 1.00e-03",
        "left",
    ):
        assert part in line
    assert "\x1b" not in line


def test_a_table_with_share_and_loss_of_each_problem_on_a_terminal() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=100)
    view = progress(console)
    with view:
        view.totals["mini_ende"].steps = 3
        view.totals["mini_deen"].steps = 1
        view.totals["mini_deen"].padded_share = 0.5
        view.show_interval(4, {"mini_ende": 2.5, "mini_deen": 1.25})
    shown = output.getvalue()
    for part in ("75%", "25%", "50%", "2.500", "1.250", "step 4/100"):
        assert part in shown


def test_time_left_is_that_of_steps_without_tracing_and_of_what_came_between() -> None:
    view = Progress(["x"], 100, 90, Console(file=io.StringIO()))
    assert math.isnan(view.estimate_seconds_left())
    view.count_step(300.0, is_typical=False)
    for seconds in (1.0, 3.0):
        view.count_step(seconds, is_typical=True)
    view.step = 94
    assert view.estimate_seconds_left() == 12.0
    view.count_aside(40.0)
    assert view.estimate_seconds_left() == 12.0 + 60.0


def test_a_line_comes_after_ten_steps_and_then_by_time() -> None:
    output = io.StringIO()
    view = Progress(["x"], 1000, 500, Console(file=output))
    for step in range(501, 600):
        view.show_interval(step, {"x": 2.0})
    assert output.getvalue().startswith("step 510/1000") and output.getvalue().count("\n") == 1
    view._shown_at -= SECONDS_BETWEEN_LINES
    assert view.is_due(600)
    view.show_interval(600, {"x": 2.0})
    assert not view.is_due(601)
    view.show_interval(1000, {"x": 2.0})  # the last step is told in any case
    assert [line.split("/")[0] for line in output.getvalue().splitlines()] == [
        "step 510",
        "step 600",
        "step 1000",
    ]


def test_a_slow_first_step_is_told_before_the_tenth() -> None:
    view = Progress(["x"], 1000, 0, Console(file=io.StringIO()))
    assert not view.is_due(1)
    view._shown_at -= SECONDS_BETWEEN_LINES
    assert view.is_due(1)


def test_what_is_noted_at_times_or_once_is_not_noted_too_often() -> None:
    output = io.StringIO()
    view = Progress(["x"], 1000, 0, Console(file=output))
    view.note_at_times("too early")
    view._shown_at -= SECONDS_BETWEEN_LINES
    view.note_at_times("evaluating")
    view.note_at_times("too early")
    for _ in range(2):
        view.note_once("making a graph")
    assert output.getvalue() == "evaluating\nmaking a graph\n"


def test_a_reader_that_has_left_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with open(writing, "w", buffering=1) as stream:
        monkeypatch.setattr("sys.stderr", stream)
        view = Progress(["x"], 1000, 0)
        view.note("heard")
        assert os.read(reading, 10) == b"heard\n"
        os.close(reading)
        with catch_stop_signals(view.note) as stop:  # as at Ctrl-C under `2>&1 | tee`
            signal.raise_signal(signal.SIGTERM)
        view.show_interval(1000, {"x": 2.0})
        assert stop.was_made
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)


def test_a_terminal_that_is_gone_ends_no_run() -> None:
    class Gone(io.StringIO):
        is_gone = False

        def write(self, text: str) -> int:
            if self.is_gone:
                raise OSError(errno.EIO, "Input/output error")
            return super().write(text)

    output = Gone()
    with Progress(["x"], 1000, 0, Console(file=output, force_terminal=True)) as view:
        output.is_gone = True
        view.note("lost")
        view.show_interval(1000, {"x": 2.0})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (86_399, "23:59:59 left"),
        (86_400, "1 day 0 h left"),
        (370 * 3600 + 13 * 60, "15 days 10 h left"),
    ],
)
def test_days_are_written_as_days(seconds: float, text: str) -> None:
    assert format_time_left(seconds) == text
