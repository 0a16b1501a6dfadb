"""What is taken over by name, what grows by place, and what does not fit."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from changed_settings import change_settings
from small_model import HPARAMS, TEXT, VOCABULARY, ids, make_talkative_model, spread_gates

from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.model.build import ModalitySpec, build_multimodel
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.grafting import Graft, close_new_experts, fill_variables, list_axes
from t2t_mm.run.named_variables import name_rows, name_variables
from t2t_mm.run.written_arrays import write_arrays

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


def run_model(model: MultiModel, command: str, problem: int) -> Any:
    batch = {"inputs": ids(2, 5, 1), "targets": ids(2, 4, 2), "problem": np.int32(problem)}
    batch["command"] = np.int32(model.find_command(command))
    return np.asarray(model(batch, input_modality=TEXT, target_modality=TEXT).logits)


@pytest.mark.slow
@pytest.mark.parametrize("gate", ["position", "problem"])
def test_a_model_of_more_experts_and_problems_answers_as_before(gate: str, tmp_path: Path) -> None:
    changes = {"gate": gate, "balancing": "none"}
    small = spread_gates(make_talkative_model(**changes))
    write_arrays(tmp_path / "w.npz", name_variables(small.variables, small.row_names))
    hparams = change_settings(HPARAMS, **changes, num_experts=6, entry_steps=10)
    nets = {TEXT: ModalitySpec(Language(), VOCABULARY)}
    large = build_multimodel(
        hparams.model,
        experts=hparams.experts,
        inputs=nets,
        targets=nets,
        commands=["to_english", "to_french", "to_german"],
        num_problems=3,
        seed=5,
    )
    close_new_experts(large, 4)
    places = {"problem": [-1, 1, 0], "expert": [0, 1, 2, 3, -1, -1]}
    named = name_variables(large.variables, large.row_names)
    graft = fill_variables(named, tmp_path / "w.npz", list_axes(large), places)
    assert not graft.mismatched and not graft.unused
    assert "multimodel/command.to_english" in graft.new
    for command, before, now in (("to_german", 0, 2), ("to_french", 1, 1)):
        expected = run_model(small, command, before)
        np.testing.assert_allclose(run_model(large, command, now), expected, atol=1e-5)
        assert np.abs(run_model(large, "to_english", now) - expected).max() > 1e-3
