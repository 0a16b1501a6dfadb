"""TensorFlow's Adam against the pure one, with whatever a batch may reach."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.adam import AdamState, update_variables
from t2t_mm.training.on_tensorflow.optimizer import Adam

SHAPES = {"matrix": (3, 4), "vector": (5,), "table": (3, 2)}
ROWS = {"table": ["a", "", "c"]}
STEPS = [  # what a batch reaches, and the size of its gradients
    ({"matrix", "table"}, 1.0, [True, False, False]),
    ({"matrix", "vector"}, 1000.0, [False, False, False]),
    ({"matrix", "vector", "table"}, 0.001, [False, False, True]),
    ({"vector"}, 10.0, [False, False, False]),
    ({"matrix", "vector", "table"}, 1.0, [True, False, True]),
]


def draw(seed: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {name: generator.normal(size=shape).astype("f4") for name, shape in SHAPES.items()}


def make(values: dict[str, np.ndarray], **settings: float) -> Adam:
    variables = [
        keras.Variable(value, dtype="float32", name=name) for name, value in values.items()
    ]
    return Adam(variables, ROWS, OptimizerHParams(**settings))


def apply(adam: Adam, gradients: dict[str, np.ndarray], rows: list[bool]) -> float:
    by_index = {adam.names.index(name): tf.constant(one) for name, one in gradients.items()}
    reached_rows = {2: tf.constant(rows)} if 2 in by_index else {}
    return float(adam.apply(by_index, reached_rows, tf.constant(0.1)))


def test_a_table_that_is_frozen_has_no_state() -> None:
    adam = make({"matrix": draw(0)["matrix"]})
    assert sorted(adam.state()) == ["count/matrix", "first_moment/matrix", "second_moment/matrix"]


@pytest.mark.parametrize(("clip_norm", "weight_decay"), [(0.0, 0.0), (2.0, 0.0), (2.0, 0.5)])
@pytest.mark.parametrize("postpones", [False, True])
def test_equals_the_pure_functions(clip_norm: float, weight_decay: float, postpones: bool) -> None:
    settings = {"clip_norm": clip_norm, "weight_decay": weight_decay}
    hparams = OptimizerHParams(**settings)
    values = draw(0)
    adam = make(values, **settings)
    states = {
        name: AdamState(0.0 * value, 0.0 * value, np.zeros(value.shape[:1] * (name in ROWS), int))
        for name, value in values.items()
    }
    for seed, (names, size, rows) in enumerate(STEPS, start=1):
        drawn = draw(seed)
        drawn["table"] *= np.array(rows)[:, None]
        gradients = {name: size * one if name in names else 0 * one for name, one in drawn.items()}
        reached = {name: np.array(rows) if name in ROWS else name in names for name in SHAPES}
        values, states, norm = update_variables(values, states, gradients, reached, 0.1, hparams)
        by_index = {adam.names.index(name): tf.constant(gradients[name]) for name in sorted(names)}
        postpone = [i for i in by_index if i != 2] if postpones else []
        adam.updates.make_room(postpone)
        found = adam.apply(
            by_index,
            {i: tf.constant(rows) for i in by_index if i == 2},
            tf.constant(0.1),
            postpone=postpone,
        )
        assert float(found) == pytest.approx(float(norm), rel=1e-6)
        adam.updates.settle()
    for i, name in enumerate(SHAPES):
        moments = (adam.updates.first_moments[i], adam.updates.second_moments[i])
        counts = adam.row_counts[i] if name in ROWS else adam.counts[i]
        np.testing.assert_allclose(adam.variables[i], values[name], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(moments[0], states[name].first_moment, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(moments[1], states[name].second_moment, rtol=1e-5, atol=1e-9)
        np.testing.assert_array_equal(counts, states[name].count)


def test_clips_by_the_norm_over_all_variables_and_returns_the_norm_before() -> None:
    adam = make({"matrix": np.zeros([1, 1]), "vector": np.zeros([1]), "table": np.zeros([3, 1])})
    gradients = {"matrix": np.array([[3.0]], "f4"), "vector": np.array([4.0], "f4")}
    assert apply(adam, gradients, []) == pytest.approx(5.0)
    moments = [float(np.squeeze(moment)) for moment in adam.updates.first_moments[:2]]
    assert moments == pytest.approx([0.1 * 2.0 * 3 / 5, 0.1 * 2.0 * 4 / 5])


def test_the_moments_that_are_saved_are_the_moments() -> None:
    """Of clipped gradients; no further number is needed to read them."""
    adam = make({name: np.zeros(shape) for name, shape in SHAPES.items()}, clip_norm=1.0)
    apply(adam, {"vector": np.array([0, 0, 10, 0, 0], "f4")}, [])
    state = adam.state()
    np.testing.assert_allclose(state["first_moment/vector"], [0, 0, 0.1, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(state["second_moment/vector"], [0, 0, 0.02, 0, 0], rtol=1e-5)


def test_state_is_named_by_the_variables_paths_and_by_rows() -> None:
    state = make(draw(0)).state()
    kinds = ("first_moment", "second_moment", "count")
    assert set(state) == {
        f"{kind}/{name}" for kind in kinds for name in ("matrix", "vector", "a", "c")
    }
    assert {
        name: tuple(one.shape) for name, one in state.items() if name.endswith(("/a", "r"))
    } == {
        "first_moment/vector": (5,),
        "second_moment/vector": (5,),
        "count/vector": (),
        "first_moment/a": (2,),
        "second_moment/a": (2,),
        "count/a": (),
    }
