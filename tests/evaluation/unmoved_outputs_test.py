"""When outputs count as unmoved, and how that is said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_run import PROBLEMS, TinyRun

from t2t_mm.evaluation.unmoved_outputs import (
    NUM_EXAMPLES,
    OutputChange,
    OutputReader,
    compare_outputs,
)
from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_directory import Run, open_run
from t2t_mm.run.task import Task


@pytest.mark.parametrize(
    ("difference", "decoded_equal", "is_unmoved"),
    [
        (0.0, None, True),
        (1e-7, None, False),  # where nothing was added to a mixture, not one bit moves
        (1e-6, True, True),
        (1e-6, False, False),
        (1e-3, True, False),
        (float("nan"), None, False),
    ],
)
def test_to_the_bit_or_nearly_and_decoded_alike(
    difference: float, decoded_equal: bool | None, is_unmoved: bool
) -> None:
    change = OutputChange(4, "test", difference, decoded_equal)
    assert change.is_unmoved is is_unmoved
    assert ("NOT as before" in change.describe()) is not is_unmoved


@pytest.mark.slow
def test_a_model_answers_as_itself_and_not_as_another_task(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    restored = restore_model(run)
    reader = OutputReader(restored.model, restored.vocabularies, run.hparams.decode)
    copy, reverse = (run.task(name) for name in PROBLEMS)
    same = compare_outputs((reader, copy), (reader, copy), tiny_run.data_dir, decodes=True)
    assert same == OutputChange(NUM_EXAMPLES, "validation", 0.0, True)
    told_otherwise = replace(copy, command_index=reverse.command_index)
    other = compare_outputs((reader, copy), (reader, told_otherwise), tiny_run.data_dir)
    assert other.largest_difference > 0 and not other.is_unmoved


def make_reader(run: Run) -> OutputReader:
    restored = restore_model(run)
    return OutputReader(restored.model, restored.vocabularies, run.hparams.decode)


def test_missing_data_is_said(tiny_run: TinyRun, tmp_path: Path) -> None:
    run = open_run(tiny_run.output_dir)
    pair = (make_reader(run), run.task(PROBLEMS[0]))
    change = compare_outputs(pair, pair, tmp_path)
    assert change.is_unmoved and not change.examples
    assert "not compared: The data of problem algorithmic_copy has not been" in change.describe()


def test_no_longer_examples_are_compared_than_training_keeps(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(tiny_run.output_dir)
    pair = (make_reader(run), run.task(PROBLEMS[0]))
    shapes: list[tuple[int, ...]] = []

    def compute(self: OutputReader, task: Task, batch: dict[str, Any]) -> Any:
        shapes.append(batch["inputs"].shape)
        return np.zeros(1)

    monkeypatch.setattr(OutputReader, "compute_logits", compute)
    compare_outputs(pair, pair, tiny_run.data_dir)
    most = shapes.pop()[1] - 1
    change = compare_outputs(
        pair, pair, tiny_run.data_dir, data=replace(run.hparams.data, max_pieces=most)
    )
    assert change.examples and shapes.pop()[1] <= most
    none = replace(run.hparams.data, max_pieces=1)
    change = compare_outputs(pair, pair, tiny_run.data_dir, data=none)
    assert change.describe() == "not compared: no example of validation is within the limits"


def test_too_little_memory_is_a_reason_and_no_end(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: OutputReader, task: Task, batch: Any) -> Any:
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory, 12 bytes.")

    run = open_run(tiny_run.output_dir)
    pair = (make_reader(run), run.task(PROBLEMS[0]))
    monkeypatch.setattr(OutputReader, "compute_logits", fail)
    change = compare_outputs(pair, pair, tiny_run.data_dir)
    assert change.describe() == "not compared: the device has too little memory"
