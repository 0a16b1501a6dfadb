"""Evaluations on the way: when they are due, what they leave, and when they end training."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from rich.console import Console

from t2t_mm import Language, Problem, registry
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.pipeline.input_streams import InputStreams
from t2t_mm.data.records.example_lengths import LONGEST
from t2t_mm.run.logs import RunLog
from t2t_mm.run.run_directory import Run
from t2t_mm.run.task import make_tasks
from t2t_mm.settings import DataHParams, HParams
from t2t_mm.training.early_stopping import EarlyStopping
from t2t_mm.training.progress import Progress
from t2t_mm.training.stop_signals import StopRequest
from t2t_mm.training.train_state import TrainState
from t2t_mm.training.training_evaluations import TrainingEvaluations, prepare_evaluations
from t2t_mm.training.training_inputs import open_inputs
from t2t_mm.training.training_options import TrainingOptions


class Store:
    """Keeps the last state that a checkpoint was told."""

    def replace_state(self, step: int, state: dict[str, Any]) -> None:
        self.step, self.state = step, state


@registry.register_problem("scales_for_tests")
class Scales(Problem):
    """Validation examples are long on one side or on the other."""

    modalities: ClassVar = {"inputs": Language("bytes"), "targets": Language("bytes")}
    splits = ("train", "validation")

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        for length in range(20) if split == "train" else (1, 18, 19):
            yield {"inputs": "a" * length, "targets": "a" * (20 - length)}


@pytest.mark.parametrize(
    ("max_pieces", "longest_only", "is_evaluated", "told"),
    [
        (25, False, True, []),
        (19, False, True, ["evaluation of", "1 dropped: inputs", "1 dropped: targets"]),
        (11, False, False, ["2 dropped: inputs", "1 dropped: targets", "not evaluated, for every"]),
        (19, True, True, ["up to 3 dropped: inputs", "up to 3 dropped: targets"]),
        (11, True, False, ["up to 3 dropped: inputs", "not evaluated, for every"]),
    ],
)
def test_a_split_of_which_no_example_is_short_enough_is_not_scored_as_perfect(
    tmp_path: Path, max_pieces: int, longest_only: bool, is_evaluated: bool, told: list[str]
) -> None:
    name, output = "scales_for_tests", io.StringIO()
    generate_data(name, data_dir=tmp_path, options=GenerationOptions(progress=False))
    data = DataHParams(max_pieces=max_pieces)
    inputs = open_inputs([name], data, data_dir=tmp_path)
    if longest_only:  # as data of 0.1.0 tells
        inputs.infos[name].metadata.lengths["validation"] = {LONGEST: {20: 3}}  # type: ignore[index]
    tasks = make_tasks(inputs.problems)
    run = Run(tmp_path, HParams(data=data), tuple(tasks), str(tmp_path), (), {}, {})
    progress = Progress([name], 100, 0, Console(file=output, width=200))

    class Untouched:
        model = None

    found = prepare_evaluations(run, inputs, Untouched(), TrainingOptions(), progress)  # type: ignore[arg-type]
    assert (found.score is not None) == is_evaluated
    assert all(words in output.getvalue() for words in told) and bool(told) == bool(
        output.getvalue()
    )


@pytest.mark.parametrize(
    ("step", "every", "is_last", "expected"),
    [(10, 5, False, True), (11, 5, False, False), (10, 0, False, False), (11, 0, True, True)],
)
def test_they_are_due_every_so_often_and_at_the_end(
    step: int, every: int, is_last: bool, expected: bool
) -> None:
    assert TrainingEvaluations(dict).are_due(step, every, is_last) == expected
    assert not TrainingEvaluations().are_due(step, every, is_last)


def test_training_is_over_when_nothing_gets_better(tmp_path: Path) -> None:
    scores = iter([2.0, 1.0, 0.99, 0.98])
    evaluations = TrainingEvaluations(
        lambda: {"a": {"log_perplexity": next(scores)}}, EarlyStopping(10, delta=0.1)
    )
    output, store = io.StringIO(), Store()
    progress = Progress(["a"], 100, 0, Console(file=output, width=200))
    state = TrainState(None, InputStreams({}))  # type: ignore[arg-type]
    found, stop = [], StopRequest()
    with RunLog(tmp_path, 0) as log:
        for step in (5, 10, 15, 20):
            state.step, state.awaits_evaluation = step, True
            found.append(evaluations.catch_up(state, store, log, progress, stop))  # type: ignore[arg-type]
            assert not state.awaits_evaluation and store.step == step
        assert evaluations.catch_up(state, store, log, progress, stop)  # type: ignore[arg-type]
    assert found == [False, False, False, True]
    assert next(scores, None) is None
    assert (state.best, state.best_step) == (0.98, 20)
    assert "stopped at step 20: log_perplexity has not got better by 0.1" in output.getvalue()
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert kinds == ["eval"] * 8 + ["stopped"] * 2
