"""Names of the state, and that it is where checkpoints read it once it is settled."""

import numpy as np
import pytest
import small_model

from t2t_mm.settings import OptimizerHParams
from t2t_mm.training.on_jax.donated_state import DonatedState
from t2t_mm.training.on_tensorflow.optimizer import Adam


@pytest.mark.slow
def test_checkpoints_have_the_names_and_shapes_that_those_of_tensorflow_have() -> None:
    model = small_model.make_model()
    state = DonatedState(model, accumulates=True)
    expected = Adam(model.trainable_variables, model.row_names, OptimizerHParams()).state()
    found = state.name_adam()
    assert {name: one.shape for name, one in found.items()} == {
        name: tuple(one.shape) for name, one in expected.items()
    }
    assert {"multimodel/command.to_french", "multimodel/command.to_german"} <= set(
        state.name_weights()
    )


def test_arrays_are_those_of_today_and_variables_after_settling() -> None:
    model = small_model.make_model()
    state = DonatedState(model, accumulates=False)
    path = next(path for path in state.trained if path.endswith("softmax"))
    names = [path, f"first_moment/{path}", f"count/{path}"]
    read = state.read(names)
    assert np.asarray(read[f"count/{path}"]) == 0
    changed = {name: np.asarray(array) + 1 for name, array in read.items()}
    state.put(changed)
    assert state.read(names)[path] is changed[path]
    assert not np.array_equal(np.asarray(state.name_weights()[path]), changed[path])
    state.settle()
    np.testing.assert_array_equal(np.asarray(state.name_weights()[path]), changed[path])
    assert np.asarray(state.name_adam()[f"count/{path}"]) == 1
    assert not [name for name in state.variables if name.startswith(("sum/", "reached/"))]


def test_frozen_experts_have_no_state_as_on_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model.make_model()
    table = next(one for one in model.trainable_variables if one.path.endswith("softmax"))
    rows = [f"row{number}" for number in range(table.shape[0])]
    names = {**model.row_names, table.path: rows}  # as of experts, which are a table on JAX
    monkeypatch.setattr(type(model), "row_names", names)
    model.free_rows[table.path] = np.array([name != "row1" for name in rows])
    named = DonatedState(model, accumulates=False).name_adam()
    assert "first_moment/row0" in named and "first_moment/row1" not in named
