"""What a person sees: lines without a terminal, a table with one."""

import io

from rich.console import Console

from t2t_mm.training.progress import Progress


def progress(console: Console) -> Progress:
    return Progress(["mini_ende", "mini_deen"], 100, 0, console)


def test_plain_lines_without_a_terminal() -> None:
    output = io.StringIO()
    view = progress(Console(file=output, force_terminal=False))
    with view:
        view.learning_rate, view.tokens_per_second = 1e-3, 5000.0
        view.show_interval(50, {"mini_ende": 2.5})
    line = output.getvalue()
    assert line.count("\n") == 1
    for part in ("step 50/100", "mini_ende 2.500", "5,000 tokens/s", "lr 1.00e-03", "left"):
        assert part in line
    assert "\x1b" not in line


def test_a_table_with_share_and_loss_of_each_problem_on_a_terminal() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=100)
    view = progress(console)
    with view:
        view.totals["mini_ende"].steps = 3
        view.totals["mini_deen"].steps = 1
        view.show_interval(4, {"mini_ende": 2.5, "mini_deen": 1.25})
    shown = output.getvalue()
    for part in ("75%", "25%", "2.500", "1.250", "step 4/100"):
        assert part in shown


def test_time_left_follows_the_speed_of_this_process() -> None:
    view = Progress(["x"], 100, 90, Console(file=io.StringIO()))
    view._start -= 50.0
    view.step = 95
    assert 49 < view.estimate_seconds_left() < 52
