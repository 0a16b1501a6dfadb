"""The programs that measure run, quickly, on the tiny run's data or on tiny shapes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_run import PROBLEMS, TinyRun

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
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


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_dispatches_of_experts_are_measured_beside_a_matmul(backend: str, tmp_path: Path) -> None:
    pytest.importorskip(backend)
    figures = tmp_path / "figures.json"
    ours = ["blocked", "capacity"] + ["ragged"] * (backend == "tensorflow")
    others = ["one-hot einsum", "all experts", "dense pair"] + ["ragged_dot"] * (backend == "jax")
    result = run_moe(f"--backend={backend}", "--shapes=64,8,16,12,2", "--rounds=2", figures)
    measured = json.loads(figures.read_text())
    assert measured["environment"]["machine"]["cores"] > 0
    assert measured["dtype"] == "float32"
    rows = {(row["router"], row["name"]): row for row in measured["results"]}
    assert set(rows) == {(r, name) for r in ("balanced", "skewed") for name in ours + others}
    for (router, name), row in rows.items():
        low, high = min(row["seconds"]), max(row["seconds"])
        useful = 6 * 64 * 2 * 2 * 8 * 16
        assert useful / high / row["rate"] <= row["share"] * 1.001
        assert row["share"] <= useful / low / row["rate"] * 1.001
        assert (row["dropped"] is None) == (name not in ("capacity", "one-hot einsum"))
        if name == "capacity" and router == "skewed":  # 2 of 12 experts get half of 128 slots
            assert row["dropped"] > 0.2
        assert name in result


def test_scaling_is_a_table_of_experts_and_one_of_tokens(tmp_path: Path) -> None:
    figures, plot = tmp_path / "figures.json", tmp_path / "scaling.png"
    options = "--quick", "--rounds=1", "--dispatches=ragged,dense pair", f"--plot={plot}"
    run_moe("--scaling", *options, figures)
    results = json.loads(figures.read_text())["results"]
    sweeps = [(row["sweep"], row["shape"][row["sweep"]]) for row in results[::2]]
    over_experts = [("num_experts", number) for number in (8, 16, 32)]
    assert sweeps == over_experts + [("tokens", number) for number in (256, 512, 1024)]
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_a_shape_that_is_none_is_refused() -> None:
    with pytest.raises(subprocess.CalledProcessError) as error:
        run_moe("--shapes=64,8,16,2", "--shapes=64,8,16,2,4", Path("none.json"))
    assert error.value.returncode == 2
    assert "five numbers, T,D,F,E,k. Received: --shapes='64,8,16,2'" in error.value.stderr


def run_moe(*arguments: str | Path) -> str:
    """Runs the program; the last argument is the file of figures."""
    *flags, figures = map(str, arguments)
    command = [sys.executable, str(ROOT / "benchmarks/moe.py"), *flags, f"--json={figures}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout
