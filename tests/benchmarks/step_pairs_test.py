"""Two checkouts are timed in turns; here the same one twice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/step_pairs.py"), *flags],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.long
def test_one_checkout_beside_itself_has_equal_losses(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    flags = (f"--before={ROOT}", "--cases=text tiny", "--pairs=2", "--steps=1")
    result = run(*flags, f"--json={figures}")
    assert result.returncode == 0, result.stderr
    (values,) = json.loads(figures.read_text()).values()
    assert values["loss"][0] == values["loss"][1]
    assert len(values["ratios"]) == 2
    assert min(values["ratios"]) <= values["ratio"] <= max(values["ratios"])
    assert "equal" in result.stdout


def test_what_is_no_checkout_is_refused(tmp_path: Path) -> None:
    result = run(f"--before={tmp_path}")
    assert result.returncode == 2
    assert "There is no checkout to compare with" in result.stderr
