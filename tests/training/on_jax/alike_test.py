"""Updates of variables side by side are those of each by itself."""

import numpy as np

from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.adam import AdamState, update_variables
from t2t_mm.training.on_jax import alike
from t2t_mm.training.on_jax.alike import update_alike

HPARAMS = OptimizerHParams(clip_norm=0.5, weight_decay=0.5)
SHAPES = {"gain": (4,), "kernel": (3, 4), "shift": (4,), "table": (2, 4), "other": (3, 4)}


def make_state(draw: np.random.Generator, name: str) -> AdamState:
    counts = draw.integers(1, 9, 2 if name == "table" else ())
    first, second = draw.normal(size=SHAPES[name]), draw.random(size=SHAPES[name])
    return AdamState(first.astype("f4"), second.astype("f4"), np.asarray(counts, "int32"))


def test_numbers_and_counts_are_those_of_each_variable_alone(monkeypatch) -> None:
    monkeypatch.setattr(alike, "LARGEST", 8)  # the kernels are large: alone
    draw = np.random.default_rng(0)
    values = {name: draw.normal(size=shape).astype("f4") for name, shape in SHAPES.items()}
    gradients = {name: draw.normal(size=shape).astype("f4") for name, shape in SHAPES.items()}
    states = {name: make_state(draw, name) for name in SHAPES}
    reached = {"gain": True, "kernel": True, "shift": False, "other": False}
    reached["table"] = np.array([False, True])
    arguments = (values, states, gradients, reached, 0.1, HPARAMS)
    expected, expected_states, expected_norm = update_variables(*arguments)
    got, got_states, norm = update_alike(*arguments)
    assert got.keys() == got_states.keys() == values.keys()
    np.testing.assert_allclose(norm, expected_norm, rtol=1e-6)
    for name in SHAPES:
        np.testing.assert_allclose(got[name], expected[name], rtol=1e-6)
        for one, other in zip(got_states[name], expected_states[name], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6)
    np.testing.assert_array_equal(got["shift"], values["shift"])
