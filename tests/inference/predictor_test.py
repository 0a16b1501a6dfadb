"""A loaded run is a mapping from problem names to functions; it needs nothing but its folder."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_run import PROBLEMS, TinyRun

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.inference import predictor, user_inputs
from t2t_mm.run.named_variables import name_variables


def test_is_a_mapping_from_problems_to_functions(tiny_run: TinyRun) -> None:
    run = t2t_mm.load(tiny_run.output_dir)
    assert list(run) == list(PROBLEMS)
    text = run["algorithmic_copy"]("1 2 3")
    assert isinstance(text, str)
    assert run["algorithmic_copy"](["1 2 3", "4"])[0] == text


def test_a_run_and_a_predictor_say_what_they_are(tiny_run: TinyRun) -> None:
    run = t2t_mm.load(tiny_run.output_dir)
    both = "algorithmic_copy (language to language), algorithmic_reverse (language to language)"
    assert repr(run).startswith(f"<run {tiny_run.output_dir}, step ")
    assert repr(run).endswith(f": {both}>")
    assert repr(run["algorithmic_copy"]) == "<predictor of algorithmic_copy: language to language>"
    assert repr(run.run) == f"<run {tiny_run.output_dir}: {both}>"


def test_an_answer_does_not_depend_on_its_neighbours(tiny_run: TinyRun) -> None:
    copy = t2t_mm.load(tiny_run.output_dir)["algorithmic_copy"]
    lines = ["1 2 3", "4 4 4 4 4 4 4", "5", "6 7 8 9 1 2"]
    assert copy(lines) == [copy(line) for line in lines]


def test_outputs_come_in_order_before_all_inputs_were_looked_at(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = t2t_mm.load(tiny_run.output_dir)["algorithmic_copy"]
    monkeypatch.setattr(copy, "batch_size", 2)
    monkeypatch.setattr(predictor, "_BATCHES_TOGETHER", 3)
    lines = ["1 2 3", "", "4 4 4 4 4 4 4", "5", "6 7", "8 9 1 2", "3", "", "4 5 6 7"]
    opened: list[str] = []

    def open_each() -> Iterator[str]:
        for line in lines:
            opened.append(line)
            yield line

    outputs = copy.decode_each(open_each())
    assert opened == []
    first = next(outputs)
    assert opened == lines[:6]
    assert [first, *outputs] == [copy(line) for line in lines] and opened == lines


def test_no_more_than_a_few_batches_are_prepared_at_once(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[Any] = []
    prepare = user_inputs.prepare_input

    def note(value: Any, *given: Any) -> Any:
        prepared.append(value)
        return prepare(value, *given)

    monkeypatch.setattr(user_inputs, "prepare_input", note)
    copy = t2t_mm.load(tiny_run.output_dir)["algorithmic_copy"]
    at_once = predictor._BATCHES_TOGETHER * copy.batch_size
    outputs = copy.decode_each(["1"] * (at_once + 1))
    next(outputs)
    assert len(prepared) == at_once <= 256
    assert len(list(outputs)) == at_once and len(prepared) == at_once + 1


def test_a_moved_run_decodes_the_same(tiny_run: TinyRun, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(tiny_run.output_dir, moved)
    before = t2t_mm.load(tiny_run.output_dir)["algorithmic_reverse"]("1 2 3")
    assert t2t_mm.load(moved)["algorithmic_reverse"]("1 2 3") == before


def test_a_named_checkpoint_is_the_one_that_is_read(tiny_run: TinyRun) -> None:
    path = tiny_run.output_dir / "checkpoints" / "00000010"
    run = t2t_mm.load(tiny_run.output_dir, path)
    assert run.restored.step == 10
    model = run.restored.model
    named = name_variables(model.variables, model.row_names)
    with np.load(path / "weights.npz") as arrays:
        assert sorted(arrays) == sorted(named)
        for name, variable in named.items():
            np.testing.assert_array_equal(np.asarray(variable), arrays[name])


def test_membership_is_answered_without_an_error(tiny_run: TinyRun) -> None:
    run = t2t_mm.load(tiny_run.output_dir)
    assert "algorithmic_copy" in run and "mini_ende" not in run
    assert run.get("mini_ende") is None


def test_other_names_answer_with_the_closest(tiny_run: TinyRun) -> None:
    with pytest.raises(UserError, match="Did you mean 'algorithmic_copy'"):
        t2t_mm.load(tiny_run.output_dir)["algorithmic_copi"]
