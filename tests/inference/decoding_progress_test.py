"""Who waits at a terminal sees how far it is; a file of a log sees nothing."""

import io
import re

import pytest
from rich.console import Console
from tiny_run import TinyRun

import t2t_mm
from t2t_mm.inference.decoding_progress import show_progress


def show(is_terminal: bool, **more: object) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=is_terminal, width=100)
    symbols = iter(range(0, 10_000, 40))
    outputs = show_progress(
        ["a", "b", "c"],
        5,
        "copy",
        done=2,
        count_symbols=lambda: next(symbols),
        console=console,
        **more,
    )
    assert list(outputs) == ["a", "b", "c"]
    return file.getvalue()


def test_a_terminal_shows_lines_speed_and_the_time_that_is_left() -> None:
    shown = show(True)
    assert "5/5" in shown and re.search(r"[\d,]+ symbols/s", shown) and re.search(r"\d:\d\d", shown)
    last = shown.rstrip().splitlines()[-1]
    assert re.search(r"copy: 3 outputs in \d+\.\d s, [\d,]+ symbols/s$", last)


def test_beside_outputs_on_the_terminal_there_is_the_last_line_alone() -> None:
    shown = show(True, has_bar=False)
    assert shown.count("\n") == 1 and "3 outputs in" in shown and "5/5" not in shown


def test_elsewhere_nothing_is_shown() -> None:
    assert show(False) == ""


@pytest.mark.slow
def test_the_decoder_counts_the_symbols_of_its_outputs(tiny_run: TinyRun) -> None:
    loaded = t2t_mm.load(tiny_run.output_dir, problems=["algorithmic_copy"])
    assert loaded.decoder.num_symbols == 0
    loaded["algorithmic_copy"]("1 2 3")
    once = loaded.decoder.num_symbols
    assert once > 0
    loaded["algorithmic_copy"](["1 2 3", "1 2 3"])
    assert loaded.decoder.num_symbols == 3 * once
