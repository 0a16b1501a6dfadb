"""The pure Adam against the algorithm written out in NumPy, and its counts by variable and row."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.adam import (
    AdamState,
    find_clip_factor,
    measure_norm,
    update_variable,
    update_variables,
)

HPARAMS = OptimizerHParams(beta1=0.9, beta2=0.98, epsilon=1e-6, clip_norm=0.5)


def published_adam(value: np.ndarray, gradients: list[np.ndarray], rate: float) -> np.ndarray:
    """Algorithm 1 of Kingma and Ba in its efficient form (the order of section 2)."""
    m, v = np.zeros_like(value), np.zeros_like(value)
    for t, gradient in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * gradient
        v = 0.98 * v + 0.02 * gradient**2
        step = rate * np.sqrt(1 - 0.98**t) / (1 - 0.9**t)
        value = value - step * m / (np.sqrt(v) + 1e-6)
    return value


def start(value: np.ndarray, rows: tuple[int, ...] = ()) -> AdamState:
    return AdamState(np.zeros_like(value), np.zeros_like(value), np.zeros(rows, np.int32))


def test_equals_the_published_algorithm_of_the_batches_that_reach_the_variable() -> None:
    rng = np.random.default_rng(0)
    first = value = rng.normal(size=(3, 4)).astype(np.float32)
    state, seen = start(value), []
    for step in range(9):
        gradient = rng.normal(size=(3, 4)).astype(np.float32)
        is_reached = step % 3 != 2
        value, state = update_variable(value, state, gradient, is_reached, 0.1, HPARAMS)
        seen += [gradient] * is_reached
    np.testing.assert_allclose(value, published_adam(first, seen, 0.1), rtol=1e-4, atol=1e-5)
    assert int(state.count) == 6


def test_each_row_of_a_table_is_a_variable_of_its_own() -> None:
    rng = np.random.default_rng(0)
    first = table = rng.normal(size=(3, 4)).astype(np.float32)
    state, seen = start(table, (3,)), [[], [], []]
    for reached in ([1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 1, 0]):
        gradient = rng.normal(size=(3, 4)).astype(np.float32)
        table, state = update_variable(
            table, state, gradient, np.array(reached, bool), 0.1, HPARAMS
        )
        for row in np.flatnonzero(reached):
            seen[row].append(gradient[row])
    for row in range(3):
        expected = published_adam(first[row], seen[row], 0.1)
        np.testing.assert_allclose(table[row], expected, rtol=1e-4, atol=1e-5)
    assert np.asarray(state.count).tolist() == [2, 3, 0]
    np.testing.assert_array_equal(table[2], first[2])
    assert not np.asarray(state.first_moment)[2].any()


def test_a_variable_met_late_takes_a_first_step_of_the_size_of_the_rate() -> None:
    value = np.zeros(1, np.float32)
    late, state = value, start(value)
    for _ in range(500):
        late, state = update_variable(late, state, np.ones(1, "f4"), False, 0.01, HPARAMS)
    np.testing.assert_array_equal(late, value)
    late, _ = update_variable(late, state, np.ones(1, "f4"), True, 0.01, HPARAMS)
    assert np.asarray(late) == pytest.approx([-0.01], rel=1e-3)


def test_weight_decay_takes_a_share_of_matrices_that_are_reached() -> None:
    shapes = {"matrix": (2, 3), "kernel": (2, 3, 1), "vector": (3,), "table": (2, 3)}
    hparams = OptimizerHParams(weight_decay=0.5)
    for name, shape in shapes.items():
        value = np.full(shape, 4.0, np.float32)
        count = np.zeros(2 if name == "table" else (), np.int32)
        state = AdamState(0 * value, 0 * value, count)
        updated, _ = update_variable(value, state, 0 * value, count == 0, 0.1, hparams)
        left = 0.95 if name in ("matrix", "kernel") else 1.0
        np.testing.assert_allclose(updated, left * value, rtol=1e-6)
        kept, _ = update_variable(value, state, 0 * value, count > 0, 0.1, hparams)
        np.testing.assert_array_equal(kept, value)


@pytest.mark.parametrize(("size", "factor"), [(0.01, 1.0), (1.0, 0.1), (1000.0, 1e-4)])
def test_all_gradients_are_clipped_by_their_common_norm(size: float, factor: float) -> None:
    gradients = {"a": np.array([3.0 * size], "f4"), "b": np.array([[4.0 * size]], "f4")}
    values = {name: np.zeros_like(one) for name, one in gradients.items()}
    states = {name: start(value) for name, value in values.items()}
    reached = dict.fromkeys(values, True)
    _, states, norm = update_variables(values, states, gradients, reached, 0.1, HPARAMS)
    assert float(norm) == pytest.approx(5.0 * size)
    for name, one in gradients.items():
        np.testing.assert_allclose(states[name].first_moment, 0.1 * factor * one, rtol=1e-5)


def test_a_bound_of_zero_clips_nothing() -> None:
    norm = measure_norm([np.full(4, 50.0, "f4")])
    assert float(norm) == pytest.approx(100.0)
    assert float(find_clip_factor(norm, 0.0)) == 1.0


ON_JAX = """
import sys
sys.modules["tensorflow"] = None  # any import of it now fails
import jax
import numpy as np
from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.adam import AdamState, update_variables

hparams = OptimizerHParams(clip_norm=0.5)
draw = np.random.default_rng(0)
values = {name: draw.normal(size=(3, 2)).astype("f4") for name in ("a", "table")}
counts = {"a": np.zeros((), "int32"), "table": np.zeros(3, "int32")}
states = {name: AdamState(0 * one, 0 * one, counts[name]) for name, one in values.items()}

@jax.jit
def update(values, states, gradients, reached):
    return update_variables(values, states, gradients, reached, 0.1, hparams)

for reached in ((True, [True, False, False]), (False, [True, True, False])):
    gradients = {name: draw.normal(size=(3, 2)).astype("f4") for name in values}
    gradients["a"] *= reached[0]
    gradients["table"] *= np.array(reached[1])[:, None]
    marks = {"a": np.array(reached[0]), "table": np.array(reached[1])}
    values, states, norm = update(values, states, gradients, marks)
found = {"norm": norm, **values} | {f"count/{n}": one.count for n, one in states.items()}
np.savez(sys.argv[1], **found)
"""


@pytest.mark.slow
def test_the_same_functions_run_compiled_on_jax(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    programs = {
        "jax": ON_JAX,
        "tensorflow": ON_JAX.replace('sys.modules["tensorflow"] = None', "")
        .replace("import jax", "")
        .replace("@jax.jit", ""),
    }
    found = {}
    for backend, program in programs.items():
        file = tmp_path / f"{backend}.npz"
        environment = os.environ | {
            "KERAS_BACKEND": backend,
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        subprocess.run([sys.executable, "-c", program, str(file)], env=environment, check=True)
        with np.load(file) as arrays:
            found[backend] = dict(arrays)
    ours, theirs = found["tensorflow"], found["jax"]
    assert theirs["count/table"].tolist() == [2, 1, 0] and theirs["count/a"] == 1
    for name, one in ours.items():
        np.testing.assert_allclose(theirs[name], one, rtol=1e-5, atol=1e-6, err_msg=name)


def test_of_no_gradient_the_norm_is_zero() -> None:
    assert float(measure_norm([])) == 0.0
