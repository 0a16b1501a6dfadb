"""Cosines by hand, and what is kept of them."""

from pathlib import Path

import numpy as np
import pytest
from seals import change_sealed

from t2t_mm.errors import UserError
from t2t_mm.training.gradient_record import (
    compute_cosines,
    read_gradient_record,
    write_gradient_record,
)


def test_only_what_both_problems_reach_is_compared() -> None:
    gradients = {
        "a": {"encoder": np.array([[1.0, 0.0]]), "decoder": np.array([5.0])},
        "b": {"encoder": np.array([[1.0, 1.0]])},
        "c": {"encoder": np.array([[-2.0, 0.0]]), "decoder": np.array([0.0])},
        "still": {"encoder": np.zeros((1, 2))},
    }
    cosines = compute_cosines(gradients)
    assert cosines["a"]["b"] == cosines["b"]["a"] == pytest.approx(0.5**0.5, abs=1e-6)
    assert cosines["a"]["c"] == pytest.approx(-2 / (2 * 26**0.5), abs=1e-6)
    assert cosines["still"] == {"a": None, "b": None, "c": None} and "a" not in cosines["a"]


def test_a_gradient_that_is_not_finite_has_no_cosine() -> None:
    gradients = {"a": {"w": np.array([np.inf])}, "b": {"w": np.array([1.0])}}
    assert compute_cosines(gradients)["a"] == {"b": None}


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_gradient_record(tmp_path) == {}
    one = {"cosines": {"a": {"b": None}, "b": {"a": None}}, "experts": {"a": {"encoder": [1.0]}}}
    write_gradient_record(tmp_path, {10: one, 5: {}})
    assert list(read_gradient_record(tmp_path).items()) == [(5, {}), (10, one)]


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    write_gradient_record(tmp_path, {5: {}})
    path = tmp_path / "gradients.json"
    text = path.read_text()
    path.write_text(text.replace("5", "6"))
    with pytest.raises(UserError, match="is damaged"):
        read_gradient_record(tmp_path)
    path.write_text(text)
    change_sealed(path, lambda record: record.update(steps={"five": {}}))
    with pytest.raises(UserError, match=r"is damaged: .*five"):
        read_gradient_record(tmp_path)
