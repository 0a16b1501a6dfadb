"""Teacher-forced scores of whole splits."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from every_pair import CLASS, PICTURE, TEXT, make_batch, make_model
from forced_passes import make_task
from keras import ops
from tiny_run import TinyRun

from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
from t2t_mm.errors import UserError
from t2t_mm.evaluation.evaluator import Evaluator, score_validation_splits
from t2t_mm.features import BatchSpec
from t2t_mm.inference import teacher_forcing
from t2t_mm.registry import problem
from t2t_mm.run.restore import restore_model
from t2t_mm.run.run_directory import open_run


@pytest.mark.slow
def test_scores_do_not_depend_on_the_batch(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    evaluator = Evaluator(restore_model(run).model, batch=BatchSpec(examples=1))
    task = run.task("algorithmic_copy")
    by_size = [
        evaluator.score(
            task,
            make_evaluation_dataset(
                problem(task.name, data_dir=tiny_run.data_dir),
                "test",
                data_dir=tiny_run.data_dir,
                batch=BatchSpec(examples=examples),
                limit=12,
            ),
        )
        for examples in (1, 12)
    ]
    assert by_size[0]["log_perplexity"] == pytest.approx(by_size[1]["log_perplexity"], abs=1e-4)
    assert by_size[0]["accuracy"] == pytest.approx(by_size[1]["accuracy"])


@pytest.mark.slow
def test_the_shares_of_all_experts_add_up_to_one(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    evaluator = Evaluator(restore_model(run).model, batch=BatchSpec(examples=4))
    task = run.task("algorithmic_reverse")
    copy = problem(task.name, data_dir=tiny_run.data_dir)
    batches = make_evaluation_dataset(
        copy, "test", data_dir=tiny_run.data_dir, batch=evaluator.batch, limit=8
    )
    scores, shares = evaluator.score_with_experts(task, batches)
    assert scores["examples"] == 8 and shares.keys() == {"encoder", "decoder"}
    for share in shares.values():
        assert len(share) == run.hparams.experts.num_experts
        assert sum(share) == pytest.approx(1.0, abs=1e-5)


def test_rows_that_fill_a_batch_up_count_for_no_expert(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do those of classes, of which a zero is one."""
    model, pair = make_model(encoder_blocks=1, decoder_blocks=1), (CLASS, TEXT)
    found = []
    for is_padded in (False, True):
        monkeypatch.setattr(teacher_forcing, "needs_few_shapes", lambda padded=is_padded: padded)
        evaluator = Evaluator(model, batch=BatchSpec(examples=3))
        found.append(evaluator.score_with_experts(make_task(pair), [make_batch(pair)]))
    (scores, shares), (padded_scores, padded_shares) = found
    assert padded_scores == pytest.approx(scores, rel=1e-5)
    assert padded_shares == {name: pytest.approx(share) for name, share in shares.items()}
    assert len(set(shares["encoder"])) > 1


def test_batches_of_one_net_may_have_sizes_or_none() -> None:
    """As those of two problems of a user's own kind, one of which declares lengths."""
    model, pair = make_model(encoder_blocks=1, decoder_blocks=1), (PICTURE, CLASS)
    evaluator, batch = Evaluator(model, batch=BatchSpec(examples=3)), make_batch(pair)
    batch["inputs_size"] = np.full((3, 2), batch["inputs"].shape[1:3], "int32")
    bare = {name: values for name, values in batch.items() if name != "inputs_size"}
    found = [evaluator.score(make_task(pair), [one]) for one in (batch, bare, batch)]
    assert found[0] == found[2] == pytest.approx(found[1], rel=1e-5)


@pytest.mark.parametrize("target", [CLASS, TEXT])
def test_what_is_no_number_in_rows_that_fill_a_batch_up_counts_for_nothing(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, pair = make_model(encoder_blocks=1, decoder_blocks=1), (TEXT, target)
    net, found = model.modalities[target], []
    top = net.top

    def divide_by_real(x: Any, mask: Any = None, grid: Any = None) -> Any:
        count = ops.sum(ops.cast(mask, "float32"), axis=1)
        ones = ops.reshape(count / count, (-1, *[1] * (1 if target == CLASS else 2)))
        return top(x, mask, grid) * ones

    monkeypatch.setattr(net, "top", divide_by_real)
    for is_padded in (False, True):
        monkeypatch.setattr(teacher_forcing, "needs_few_shapes", lambda padded=is_padded: padded)
        evaluator = Evaluator(model, batch=BatchSpec(examples=3))
        found.append(evaluator.score(make_task(pair), [make_batch(pair)]))
    assert found[1] == pytest.approx(found[0], rel=1e-5)


def test_what_lowers_memory_is_said_where_it_runs_out(tiny_run: TinyRun) -> None:
    def fail() -> Iterator[Any]:
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory, 12 bytes.")
        yield

    run = open_run(tiny_run.output_dir)
    evaluator = Evaluator(restore_model(run).model, batch=BatchSpec(examples=1))
    with pytest.raises(UserError, match=r"Out of memory, 12 bytes\..*data\.eval_batch_tokens"):
        evaluator.score(run.task("algorithmic_copy"), fail())


@pytest.mark.slow
def test_validation_splits_are_scored_by_problem_whole_or_in_part(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    evaluator = Evaluator(restore_model(run).model, batch=BatchSpec(examples=2))
    scored = [(task, problem(task.name, data_dir=tiny_run.data_dir)) for task in run.tasks]
    part = score_validation_splits(evaluator, scored, tiny_run.data_dir, 3)
    assert list(part) == [task.name for task in run.tasks]
    assert {scores["examples"] for scores in part.values()} == {6.0}
    told: list[str] = []
    score_validation_splits(evaluator, scored, tiny_run.data_dir, 1, told.append)
    assert told == [
        f"evaluating {task.name}, problem {number} of 2: 2 examples"
        for number, task in enumerate(run.tasks, start=1)
    ]
    whole = score_validation_splits(evaluator, scored[:1], tiny_run.data_dir, 0)
    assert whole[run.tasks[0].name]["examples"] > 6
