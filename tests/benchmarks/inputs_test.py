"""The program runs, quickly, on the tiny run's data."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_run import PROBLEMS, TinyRun

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.long
def test_inputs_are_measured_against_the_step(tiny_run: TinyRun, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    result = subprocess.run(
        [
            sys.executable,
            str(ROOT / "benchmarks/inputs.py"),
            f"--problems={','.join(PROBLEMS)}",
            f"--data_dir={tiny_run.data_dir}",
            "--hparams_set=multimodel_tiny",
            "--quick",
            f"--json={figures}",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    measured = json.loads(figures.read_text())
    assert set(measured) == set(PROBLEMS)
    assert all(rates["pipeline"] > 0 and rates["step"] > 0 for rates in measured.values())
    assert all(name in result.stdout for name in PROBLEMS)
