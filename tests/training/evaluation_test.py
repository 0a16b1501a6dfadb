"""Every problem fully, teacher-forced apart from decoded."""

import json
import math
from pathlib import Path

import pytest
from tiny_run import PROBLEMS, TinyRun

from t2t_mm.data.builder import open_data
from t2t_mm.errors import UserError
from t2t_mm.registry import problem
from t2t_mm.training.evaluation import decoded_scores, evaluate, write_scores


def test_whole_splits_are_scored_by_problem(tiny_run: TinyRun, tmp_path: Path) -> None:
    scores = evaluate(tiny_run.output_dir, split="test", shuffled_inputs=True)
    assert set(scores) == set(PROBLEMS)
    for name, result in scores.items():
        size = open_data(problem(name, data_dir=tiny_run.data_dir), tiny_run.data_dir).sizes["test"]
        forced = result["teacher_forced"]
        assert forced["examples"] == size
        assert 0 < forced["log_perplexity"] < 2 * math.log(259)
        assert "tok:13a" in result["bleu_signature"]
        assert "bleu" not in forced
    folder = next((tiny_run.output_dir / "decoded").glob("test-*"))
    assert len((folder / "algorithmic_copy.decoded.txt").read_text().splitlines()) == size
    write_scores(tmp_path / "scores.json", scores)
    written = json.loads((tmp_path / "scores.json").read_text())
    assert written["algorithmic_copy"]["bleu"] == scores["algorithmic_copy"]["bleu"]


def test_shuffled_inputs_are_scored_against_the_references_of_others() -> None:
    texts = ["a b c d e", "f g h i j", "k l m n o"]
    scores = decoded_scores(["bleu"], texts, texts, shuffled_inputs=True)
    assert scores["bleu"] == pytest.approx(100.0)
    assert scores["shuffled_inputs"]["bleu"] < 5
    one_ahead = [texts[-1], *texts[:-1]]
    shifted = decoded_scores(["bleu"], one_ahead, texts, shuffled_inputs=True)
    assert shifted["shuffled_inputs"]["bleu"] == pytest.approx(100.0)


def test_scores_do_not_depend_on_the_batch(tiny_run: TinyRun) -> None:
    from t2t_mm.data.pipeline import evaluation_dataset
    from t2t_mm.features import BatchSpec
    from t2t_mm.training.evaluator import Evaluator
    from t2t_mm.training.restore import restore_model
    from t2t_mm.training.run_directory import open_run

    run = open_run(tiny_run.output_dir)
    evaluator = Evaluator(restore_model(run).model, batch=BatchSpec(examples=1), extra_length=4)
    task = run.task("algorithmic_copy")
    by_size = [
        evaluator.teacher_forced(
            task,
            evaluation_dataset(
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


def test_a_problem_that_the_run_does_not_have_is_named(tiny_run: TinyRun) -> None:
    with pytest.raises(UserError, match="not one of this run's"):
        evaluate(tiny_run.output_dir, problems="mini_ende")


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No run in"):
        evaluate(tmp_path)
