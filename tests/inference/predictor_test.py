"""A loaded run is a mapping from problem names to functions; it needs nothing but its folder."""

import math
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_run import PROBLEMS, TinyRun

import t2t_mm
from t2t_mm.errors import UserError
from t2t_mm.inference import user_inputs, windows
from t2t_mm.run.named_variables import name_variables


@pytest.mark.slow
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


@pytest.mark.slow
def test_an_answer_does_not_depend_on_its_neighbours(tiny_run: TinyRun) -> None:
    copy = t2t_mm.load(tiny_run.output_dir)["algorithmic_copy"]
    lines = ["1 2 3", "4 4 4 4 4 4 4", "5", "6 7 8 9 1 2"]
    assert copy(lines) == [copy(line) for line in lines]


@pytest.mark.slow
def test_outputs_come_in_order_before_all_inputs_were_looked_at(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = t2t_mm.load(tiny_run.output_dir)["algorithmic_copy"]
    monkeypatch.setattr(copy, "batch_size", 2)
    monkeypatch.setattr(windows, "BATCHES_TOGETHER", 3)
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


@pytest.mark.slow
def test_few_inputs_are_shared_among_cores(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = t2t_mm.load(tiny_run.output_dir)["algorithmic_copy"]
    lines = ["1 2 3", "5", "4 4 4 4 4 4 4", "6 7 8", "2"]
    whole, sizes = copy(lines), []
    make = user_inputs.pad_inputs

    def note(examples: Any, *given: Any) -> Any:
        sizes.append(len(examples))
        return make(examples, *given)

    monkeypatch.setattr(user_inputs, "pad_inputs", note)
    monkeypatch.setattr(windows, "share_among_cores", lambda number, most: min(number, 3))
    assert copy(lines) == whole
    assert sizes == [3, 2]


@pytest.mark.slow
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
    at_once = windows.BATCHES_TOGETHER * copy.batch_size
    outputs = copy.decode_each(["1"] * (at_once + 1))
    next(outputs)
    assert len(prepared) == at_once <= 256
    assert len(list(outputs)) == at_once and len(prepared) == at_once + 1


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_scores_of_one_and_of_many_are_the_same(tiny_run: TinyRun) -> None:
    copy = t2t_mm.load(tiny_run.output_dir)["algorithmic_copy"]
    inputs, targets = ["1 2 3", "", "4"], ["1 2", "1", "4"]
    scores = copy.score(inputs, targets)
    assert math.isnan(scores[1]) and scores[0] < 0 and scores[2] < 0
    assert copy.score(inputs[0], targets[0]) == pytest.approx(scores[0], abs=1e-4)
    assert copy.score(("4",), ("",)) != scores[2:]


@pytest.mark.parametrize("targets", ["12", ["1"]])
def test_targets_that_do_not_fit_the_inputs_are_refused(targets: Any, tiny_run: TinyRun) -> None:
    copy = t2t_mm.load(tiny_run.output_dir)["algorithmic_copy"]
    with pytest.raises(UserError, match=r"not as many targets as inputs\. Expected: a list of 2"):
        copy.score(["1", "2"], targets)


@pytest.mark.slow
def test_what_is_looked_at_is_by_default_of_the_decoded_output(tiny_run: TinyRun) -> None:
    run = t2t_mm.load(tiny_run.output_dir)
    copy = run["algorithmic_copy"]
    vocabulary = run.restored.vocabularies["bytes"]
    attention = copy.attention("1 2 3")
    assert attention.inputs == ("1", " ", "2", " ", "3", "</s>")
    decoded = copy("1 2 3")
    named = [vocabulary.name_symbol(index) for index in (*vocabulary.encode(decoded), 1)]
    assert list(attention.targets) == named
    given = copy.attention(["1 2 3", "", "4"], ["3 2", "", "4"])
    assert given[0].targets == ("3", " ", "2", "</s>") and given[1].weights == {}
    assert given[0].weights["mixer"].shape == (4, 4, 6)
    experts = copy.experts(["1 2 3"], ["3 2"])[0]
    assert experts["encoder"].positions == attention.inputs
    assert experts["decoder"].positions == given[0].targets


@pytest.mark.slow
def test_threads_get_the_answers_that_one_after_another_gets(tiny_run: TinyRun) -> None:
    """The first calls of all come together, while nothing is traced yet."""
    lines = [" ".join("123456789"[: 1 + n % 5]) for n in range(24)]
    run = t2t_mm.load(tiny_run.output_dir)
    expected = {name: one(lines) for name, one in run.items()}
    scores = run["algorithmic_copy"].score(lines, lines)
    run = t2t_mm.load(tiny_run.output_dir)

    def ask(n: int) -> tuple[str, str, float]:
        copy, reverse = (run[name] for name in PROBLEMS)
        return copy(lines[n]), reverse(lines[n]), copy.score(lines[n], lines[n])

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(len(lines))))
    assert [answer[0] for answer in answers] == expected[PROBLEMS[0]]
    assert [answer[1] for answer in answers] == expected[PROBLEMS[1]]
    assert [answer[2] for answer in answers] == pytest.approx(scores, abs=1e-3)


@pytest.mark.slow
def test_some_problems_are_loaded_without_the_others(tiny_run: TinyRun) -> None:
    whole = t2t_mm.load(tiny_run.output_dir)
    some = t2t_mm.load(tiny_run.output_dir, problems=["algorithmic_reverse"])
    assert list(some) == ["algorithmic_reverse"] and "algorithmic_copy" not in repr(some)
    assert some["algorithmic_reverse"]("1 2 3") == whole["algorithmic_reverse"]("1 2 3")
    with pytest.raises(UserError, match="Did you mean 'algorithmic_copy'"):
        t2t_mm.load(tiny_run.output_dir, problems=["algorithmic_copi"])
    with pytest.raises(UserError, match="not one of this run's"):
        t2t_mm.load(tiny_run.output_dir, problems=["mini_ende"])
