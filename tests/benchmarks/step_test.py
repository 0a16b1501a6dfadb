"""The program runs; its figures are those of `docs/performance.md` only on a quiet machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*flags: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/step.py"), *flags],  # as documented: from anywhere
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_a_step_is_measured_and_profiled(tmp_path):
    figures = tmp_path / "figures.json"
    result = run("--quick", "--profile", f"--json={figures}")
    assert result.returncode == 0, result.stderr
    (values,) = json.loads(figures.read_text()).values()
    assert 0 < values["share"] < 1
    assert 7e6 < values["parameters"] < 8e6
    assert values["core_seconds"]["matrix products"] > 0
    assert "text tiny" in result.stdout


def test_an_unknown_case_is_refused():
    result = run("--cases=text huge")
    assert result.returncode == 2
    assert "Unknown case 'text huge'" in result.stderr
