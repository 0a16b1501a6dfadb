"""t2t-avg-all: says what it has written; a mistake is one error."""

import subprocess
import sys
from pathlib import Path

import pytest
from tiny_run import TinyRun

from t2t_mm.bin import t2t_avg_all


@pytest.mark.slow
def test_each_average_is_named_with_its_steps_and_nothing_else_is_said(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    flags = [f"--model_dir={tiny_run.output_dir}", f"--output_dir={tmp_path / 'mean'}", "--n=2"]
    line = [sys.executable, "-m", "t2t_mm.bin.t2t_avg_all", *flags]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr
    first, second = done.stdout.splitlines()
    assert first.endswith("00000015: the mean of steps 10, 15")
    assert second.endswith("00000020: the mean of steps 15, 20")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--model_dir=nowhere"], "--output_dir must be given"),
        (["--model_dir=nowhere", "--output_dir=x"], "No run in nowhere"),
        (["--model_dir=nowhere", "--output_dir=x", "--n=0"], "--n"),
    ],
)
def test_bad_input_is_one_error_with_exit_code_2(
    flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert t2t_avg_all.main(flags) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-avg-all: error: ") and message in error
