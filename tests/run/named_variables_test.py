"""Rows that are saved and restored by name, whatever other rows there are."""

from pathlib import Path

import keras
import numpy as np
import pytest

from t2t_mm.run.named_variables import TableRow, assign_arrays, name_variables, restore_variables
from t2t_mm.run.written_arrays import write_arrays


def make(names: list[str]) -> dict[str, object]:
    table = keras.Variable(np.arange(2.0 * len(names)).reshape(-1, 2), name="table")
    other = keras.Variable(np.ones(3), name="other")
    return name_variables([table, other], {"table": names})


def test_a_row_comes_back_by_its_name_in_another_place(tmp_path: Path) -> None:
    write_arrays(tmp_path / "weights.npz", make(["de", "fr"]))
    more = make(["en", "", "fr", "de"])
    kept = {name: more[name] for name in ("de", "fr", "other")}
    restore_variables(tmp_path / "weights.npz", kept)
    found = {name: np.asarray(one).tolist() for name, one in more.items()}
    assert found == {"en": [0, 1], "fr": [2, 3], "de": [0, 1], "other": [1, 1, 1]}


def test_a_row_of_a_vector_is_a_number() -> None:
    counts = keras.Variable(np.array([4, 5]), dtype="int64", trainable=False)
    row = TableRow(counts, 1)
    assert (row.shape, int(np.asarray(row))) == ((), 5)
    assign_arrays({"row": row}, {"row": np.array(9)}.get)
    assert np.asarray(counts).tolist() == [4, 9]


def test_two_of_one_name_would_be_a_bug_of_ours() -> None:
    twice = [keras.Variable(np.ones(1), name="same") for _ in range(2)]
    with pytest.raises(AssertionError, match="share a path"):
        name_variables(twice, {})
