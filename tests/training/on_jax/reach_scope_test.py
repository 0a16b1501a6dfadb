"""A variable that a batch does not reach is not to be read."""

import keras
import numpy as np
import pytest

from t2t_mm.errors import UserError
from t2t_mm.training.on_jax.reach_scope import ReachScope


def test_values_are_read_and_changed_instead_of_the_variables() -> None:
    known, other = (keras.Variable(np.ones(2), name=name) for name in ("known", "other"))
    fixed = keras.Variable(np.full(2, 5.0), trainable=False, name="fixed")
    with ReachScope([known], {"known": np.zeros(2)}) as scope:
        assert np.asarray(known.value).tolist() == [0.0, 0.0]
        assert np.asarray(fixed.value).tolist() == [5.0, 5.0]
        known.assign(np.full(2, 7.0))
        assert np.asarray(scope.get_current_value(known)).tolist() == [7.0, 7.0]
        with pytest.raises(UserError, match=r"do not name.*variable='other'"):
            _ = other.value
    assert np.asarray(known.value).tolist() == [1.0, 1.0]
