"""What is taken over by name, what grows by place, and what does not fit."""

from pathlib import Path

import keras
import numpy as np
import pytest

from t2t_mm.errors import UserError
from t2t_mm.run.checkpoint import write_arrays
from t2t_mm.run.grafting import Graft, fill_variables
from t2t_mm.run.named_variables import name_rows

SAVED = {
    "m/kept": np.arange(3.0),
    "m/gone": np.zeros(2),
    "m/wide": np.zeros((2, 5)),
    "m/command.de": np.full(2, 7.0),
    "m/choice": np.array([[1.0, 2.0], [3.0, 4.0]]),  # two problems, two experts
}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    write_arrays(tmp_path / "weights.npz", SAVED)
    return tmp_path / "weights.npz"


def test_variables_and_rows_are_found_by_name_and_the_rest_stays(saved: Path) -> None:
    kept, fresh = keras.Variable(np.ones(3)), keras.Variable(np.full(4, 5.0))
    table = keras.Variable(np.ones((2, 2)))
    named = {"m/kept": kept, "m/fresh": fresh, **name_rows(table, ["m/command.fr", "m/command.de"])}
    graft = fill_variables(named, saved, {}, {})
    assert graft.loaded == ["m/kept", "m/command.de"] and graft.new == ["m/fresh", "m/command.fr"]
    assert graft.unused == ["m/gone", "m/wide", "m/choice"] and not graft.mismatched
    assert np.asarray(kept).tolist() == [0, 1, 2] and np.asarray(fresh).tolist() == [5] * 4
    assert np.asarray(table).tolist() == [[1, 1], [7, 7]]


def test_more_experts_and_moved_problems_keep_what_was_there_in_its_place(saved: Path) -> None:
    gate = keras.Variable(np.zeros((3, 3)))
    places = {"problem": [-1, 1, 0], "expert": [0, 1, -1]}
    axes = {"m/choice": ("problem", "expert")}
    graft = fill_variables({"m/choice": gate}, saved, axes, places)
    assert graft.grown == ["m/choice"]
    assert np.asarray(gate).tolist() == [[0, 0, 0], [3, 4, 0], [1, 2, 0]]


def test_what_is_as_it_was_has_not_grown(saved: Path) -> None:
    gate = keras.Variable(np.zeros((2, 2)))
    places = {"problem": [0, 1], "expert": [0, 1]}
    graft = fill_variables({"m/choice": gate}, saved, {"m/choice": ("problem", "expert")}, places)
    assert graft.loaded == ["m/choice"] and not graft.grown


@pytest.mark.parametrize("axes", [{}, {"m/wide": ("input", "expert")}])
def test_another_shape_is_a_table_of_what_did_not_fit(
    saved: Path, axes: dict[str, tuple[str, ...]]
) -> None:
    wide = keras.Variable(np.ones((3, 5)))
    graft = fill_variables({"m/wide": wide}, saved, axes, {"expert": [0, 1, 2, 3, 4]})
    assert graft.mismatched == {"m/wide": ((2, 5), (3, 5))}
    assert np.asarray(wide).tolist() == [[1] * 5] * 3
    with pytest.raises(UserError, match=r"m/wide: \(2, 5\) there, \(3, 5\) here"):
        graft.check(saved)


def test_the_table_counts_variables_and_numbers_and_names_the_new_parts() -> None:
    graft = Graft(loaded=["m/a"], new=["m/net/x", "m/net/y"], sizes={"m/a": 1500, "m/net/x": 2})
    lines = [line.split() for line in graft.describe()]
    assert lines[1] == ["loaded", "1", "1,500"]
    assert lines[3] == ["new", "2", "2", "net", "(2)"]
