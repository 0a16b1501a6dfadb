"""When outputs count as unmoved, and how that is said."""

from dataclasses import replace
from pathlib import Path

import pytest
from tiny_run import PROBLEMS, TinyRun

from t2t_mm.evaluation.unmoved_outputs import (
    NUM_EXAMPLES,
    OutputChange,
    OutputReader,
    compare_outputs,
)
from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_directory import open_run


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


def test_missing_data_is_said(tiny_run: TinyRun, tmp_path: Path) -> None:
    run = open_run(tiny_run.output_dir)
    restored = restore_model(run)
    reader = OutputReader(restored.model, restored.vocabularies, run.hparams.decode)
    pair = (reader, run.task(PROBLEMS[0]))
    change = compare_outputs(pair, pair, tmp_path)
    assert change.is_unmoved and not change.examples
    assert "not compared: The data of problem algorithmic_copy has not been" in change.describe()
