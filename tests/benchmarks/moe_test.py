"""The program runs on tiny shapes; its patterns are checked by hand."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.expert_patterns import Shape, measure_one_hot_dropped, route, run_one_hot
from t2t_mm.layers.dispatch import run_dense

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_dispatches_of_experts_are_measured_beside_a_matmul(backend: str, tmp_path: Path) -> None:
    pytest.importorskip(backend)
    figures = tmp_path / "figures.json"
    ours = ["tiered", "blocked", "capacity"]
    if backend == "tensorflow":
        ours += ["ragged", "ragged + Adam"]
    others = ["one-hot einsum", "all experts", "dense pair"] + ["ragged_dot"] * (backend == "jax")
    others += ["Mesh TensorFlow"] * (backend == "tensorflow")
    options = "--shapes=64,8,16,11,2", "--rounds=2", "--check"
    result = run_moe(f"--backend={backend}", *options, figures)
    measured = json.loads(figures.read_text())
    assert measured["environment"]["machine"]["cores"] > 0
    assert measured["dtype"] == "float32"
    rows = {(row["router"], row["name"]): row for row in measured["results"]}
    assert set(rows) == {(r, name) for r in ("balanced", "skewed") for name in ours + others}
    if backend == "tensorflow":  # its gate is random, so there is nothing to skew
        assert rows.pop(("skewed", "Mesh TensorFlow"))["note"]
    for (router, name), row in rows.items():
        low, high = min(row["seconds"]), max(row["seconds"])
        useful = 6 * 64 * 2 * 2 * 8 * 16
        assert useful / high / row["rate"] <= row["share"] * 1.001
        assert row["share"] <= useful / low / row["rate"] * 1.001
        is_checked = backend == "jax" and name in ("tiered", "blocked", "ragged_dot", "all experts")
        assert bool(row["errors"]) == is_checked
        assert not is_checked or max(row["errors"].values()) < 1e-5
        assert (row["dropped"] is None) == (name not in ("capacity", "one-hot einsum"))
        if name == "capacity" and router == "skewed":  # 2 of 11 experts get half of 128 slots
            assert row["dropped"] > 0.2
        assert name in result


@pytest.mark.slow
@pytest.mark.long
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


def layer_inputs(num_tokens: int) -> tuple[Any, ...]:
    """Two experts, one for each token; more tokens ask for expert 0."""
    generator = np.random.default_rng(0)
    experts = np.array([[0], [1], [0]] * num_tokens, "int32")[:num_tokens]
    x, gates = generator.normal(size=(num_tokens, 3)), generator.uniform(size=(num_tokens, 1))
    w_in, w_out = generator.normal(size=(2, 4, 3)), generator.normal(size=(2, 4, 3))
    return x, experts, gates, w_in, w_out


def test_one_hot_einsums_are_the_layer_but_for_what_they_drop() -> None:
    x, experts, gates, w_in, w_out = layer_inputs(9)  # room for ceil(1.25 * 9 / 2) = 6 each
    right = run_dense(x, experts, gates, list(w_in), list(w_out))
    got = run_one_hot(x, experts, gates, w_in, w_out)
    np.testing.assert_allclose(got, right, atol=1e-5)
    assert measure_one_hot_dropped(experts, 2) == 0.0

    x, experts, gates, w_in, w_out = layer_inputs(10)  # room for 7 each
    experts[:] = 0
    right = run_dense(x, experts, gates, list(w_in), list(w_out))
    got = np.asarray(run_one_hot(x, experts, gates, w_in, w_out))
    np.testing.assert_allclose(got[:7], right[:7], atol=1e-5)
    np.testing.assert_array_equal(got[7:], np.zeros((3, 3)))
    assert measure_one_hot_dropped(experts, 2) == 0.3


def test_the_skewed_router_sends_half_of_the_tokens_to_a_tenth_of_the_experts() -> None:
    experts = route(Shape(100, 8, 8, num_experts=40, per_token=3), "skewed", seed=0)
    assert all(len(set(row)) == 3 for row in experts)
    to_popular = (experts < 4).all(axis=1)
    assert 50 <= to_popular.sum() <= 55  # and hardly any of the other half, by chance
    balanced = route(Shape(100, 8, 8, num_experts=40, per_token=3), "balanced", seed=0)
    assert (balanced < 4).all(axis=1).sum() <= 5


def run_moe(*arguments: str | Path) -> str:
    """Runs the program; the last argument is the file of figures."""
    *flags, figures = map(str, arguments)
    command = [sys.executable, str(ROOT / "benchmarks/moe.py"), *flags, f"--json={figures}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout
