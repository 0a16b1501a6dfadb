"""Moments as 0.1.0 kept them, by hand."""

import numpy as np

from t2t_mm.training.older_state import convert_optimizer_state


def test_moments_are_multiplied_out_and_counts_are_named() -> None:
    old = {
        "counts": np.array([3, 5]),
        "scales": np.array([[0.5, 1.0], [0.25, 1.0]], np.float32),
        "first_moment/b": np.array([2.0, 4.0], np.float32),
        "second_moment/b": np.array([8.0, 12.0], np.float32),
        "first_moment/a": np.array([6.0], np.float32),
        "second_moment/a": np.array([7.0], np.float32),
    }
    found = {name: np.asarray(one).tolist() for name, one in convert_optimizer_state(old).items()}
    assert found == {
        "first_moment/b": [1.0, 2.0],
        "second_moment/b": [2.0, 3.0],
        "count/b": 3,
        "first_moment/a": [6.0],
        "second_moment/a": [7.0],
        "count/a": 5,
    }
    assert convert_optimizer_state(old)["first_moment/b"].dtype == np.float32


def test_what_is_of_today_stays_as_it_is() -> None:
    today = {"count/a": np.array(1), "first_moment/a": np.array([2.0])}
    assert convert_optimizer_state(today) is today
