"""The program runs; its figures are those of `docs/performance.md` only on a quiet machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = "--hparams=model.encoder_blocks=1,model.mixer_blocks=1,model.decoder_blocks=1"


def run(*flags: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/step.py"), *flags],  # as documented: from anywhere
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.long
def test_a_step_is_measured_and_profiled(tmp_path):
    figures = tmp_path / "figures.json"
    result = run("--quick", "--profile", f"--json={figures}")
    assert result.returncode == 0, result.stderr
    (values,) = json.loads(figures.read_text()).values()
    assert 0 < values["share"] < 1
    assert 7e6 < values["parameters"] < 8e6
    assert values["core_seconds"]["matrix products"] > 0
    assert "text tiny" in result.stdout


@pytest.mark.slow
@pytest.mark.long
def test_a_step_on_jax_says_what_it_takes_to_compile_too(tmp_path):
    pytest.importorskip("jax")
    figures = tmp_path / "figures.json"
    result = run(
        "--backend=jax",
        "--quick",
        "--profile",
        SMALL,
        f"--compile_cache={tmp_path / 'programs'}",
        f"--json={figures}",
    )
    assert result.returncode == 0, result.stderr
    (values,) = json.loads(figures.read_text()).values()
    assert 0 < values["share"] < 1
    assert values["cached_compile_seconds"] < values["compile_seconds"] / 2
    assert values["device_seconds"]["kinds"]["matrix products"] > 0
    assert values["device_seconds"]["sources"]["t2t_mm/training/adam.py"] > 0
    assert "from the cache" in result.stdout


@pytest.mark.slow
@pytest.mark.long
def test_scaling_is_a_table_of_lengths_and_one_of_batch_sizes(tmp_path):
    figures, plot = tmp_path / "figures.json", tmp_path / "scaling.png"
    result = run("--scaling", "--quick", SMALL, f"--plot={plot}", f"--json={figures}")
    assert result.returncode == 0, result.stderr
    rows = json.loads(figures.read_text())
    sweeps = [(row["sweep"], row["examples"], row["length"]) for row in rows]
    assert sweeps == [
        ("length", 8, 16),
        ("length", 4, 32),
        ("examples", 4, 16),
        ("examples", 8, 16),
    ]
    assert rows[0]["target_tokens"] == rows[1]["target_tokens"] == 128
    assert rows[1]["operations"] > rows[0]["operations"]  # attention
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_a_plot_is_of_scaling():
    result = run("--plot=scaling.png")
    assert result.returncode == 2
    assert "--plot draws the tables of --scaling" in result.stderr


def test_an_unknown_case_is_refused():
    result = run("--cases=text huge")
    assert result.returncode == 2
    assert "Unknown case 'text huge'" in result.stderr
