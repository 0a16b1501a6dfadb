"""Every problem fully, teacher-forced apart from decoded."""

import dataclasses
import json
import math
import shutil
from pathlib import Path

import pytest
from tiny_run import PROBLEMS, TinyRun

from t2t_mm.data.records.stored import open_data
from t2t_mm.errors import UserError
from t2t_mm.evaluation.decoded_files import write_scores
from t2t_mm.evaluation.evaluation import decoded_scores, evaluate
from t2t_mm.evaluation.evaluation_options import EvaluationOptions
from t2t_mm.features import Language
from t2t_mm.registry import problem
from t2t_mm.run.run_data import check_run_data, choose_tasks
from t2t_mm.run.run_directory import open_run
from t2t_mm.scoring.decoded import Decoded


def not_yet_scored(tiny_run: TinyRun, tmp_path: Path) -> Path:
    """A copy of the run without what other tests have decoded."""
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy, ignore=shutil.ignore_patterns("decoded"))
    return copy


def test_whole_splits_are_scored_by_problem(tiny_run: TinyRun, tmp_path: Path) -> None:
    run = not_yet_scored(tiny_run, tmp_path)
    scores = evaluate(
        run, split="test", options=EvaluationOptions(shuffled_inputs=True, baseline=True)
    )
    assert set(scores) == set(PROBLEMS)
    for name, result in scores.items():
        size = open_data(problem(name, data_dir=tiny_run.data_dir), tiny_run.data_dir).sizes["test"]
        forced = result["teacher_forced"]
        assert forced["examples"] == size
        assert 0 < forced["log_perplexity"] < 2 * math.log(259)
        assert "tok:13a" in result["bleu_signature"]
        assert 0 <= result["baseline"]["bleu"] < 20  # digits in another order
        assert "bleu" not in forced
    (folder,) = run.glob("decoded/test-*")
    assert len((folder / "algorithmic_copy.decoded.txt").read_text().splitlines()) == size
    write_scores(tmp_path / "scores.json", scores)
    written = json.loads((tmp_path / "scores.json").read_text())
    assert written["algorithmic_copy"]["bleu"] == scores["algorithmic_copy"]["bleu"]


def test_a_part_of_the_problems_or_examples_leaves_the_other_results(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    run = not_yet_scored(tiny_run, tmp_path)
    evaluate(run, split="test", options=EvaluationOptions(limit=6))
    evaluate(
        run,
        split="test",
        problems="algorithmic_reverse",
        options=EvaluationOptions(limit=6, samples=1),
    )
    (results,) = run.glob("decoded/test-*-first6/results.json")
    kept = json.loads(results.read_text())
    assert list(kept) == list(PROBLEMS)
    assert [len(kept[name]["samples"]) for name in PROBLEMS] == [6, 1]
    assert not (run / "decoded" / results.parent.name.removesuffix("-first6")).exists()


def test_globs_mean_the_problems_of_the_run(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    assert [task.name for task in choose_tasks(run, "*")] == sorted(PROBLEMS)
    with pytest.raises(UserError, match="not one of this run's"):
        choose_tasks(run, "algorithmic_copy,mini_ende")
    with pytest.raises(UserError, match="None of the named problems"):
        choose_tasks(run, "mini_*")


def test_a_problem_that_changed_its_features_is_refused(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    changed = dataclasses.replace(run.tasks[0], targets=Language("other"))
    with pytest.raises(UserError, match="declares other features"):
        check_run_data(run, [changed], "test", tiny_run.data_dir)


def test_a_misspelt_metric_is_told_before_anything_is_decoded(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    run = not_yet_scored(tiny_run, tmp_path)
    described = (run / "run.json").read_text()
    (run / "run.json").write_text(described.replace('"bleu"', '"blue"'))
    with pytest.raises(UserError, match=r"unknown metric 'blue'.*Did you mean 'bleu'"):
        evaluate(run, options=EvaluationOptions(limit=1))
    assert not (run / "decoded").exists()


def test_what_is_not_decoded_has_no_baseline(tiny_run: TinyRun) -> None:
    with pytest.raises(UserError, match="Only decoded outputs"):
        evaluate(tiny_run.output_dir, options=EvaluationOptions(decode=False, baseline=True))


def test_shuffled_inputs_are_scored_against_the_references_of_others() -> None:
    texts = ["a b c d e", "f g h i j", "k l m n o"]
    references = [[text] for text in texts]
    scores = decoded_scores(["bleu"], Decoded(texts, references), shuffled_inputs=True)
    assert scores["bleu"] == pytest.approx(100.0)
    assert scores["shuffled_inputs"]["bleu"] < 5
    one_ahead = [texts[-1], *texts[:-1]]
    shifted = decoded_scores(["bleu"], Decoded(one_ahead, references), shuffled_inputs=True)
    assert shifted["shuffled_inputs"]["bleu"] == pytest.approx(100.0)


def test_scores_do_not_depend_on_the_batch(tiny_run: TinyRun) -> None:
    from t2t_mm.data.pipeline.datasets import make_evaluation_dataset
    from t2t_mm.evaluation.evaluator import Evaluator
    from t2t_mm.features import BatchSpec
    from t2t_mm.run.restore import restore_model

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


def test_a_problem_that_the_run_does_not_have_is_named(tiny_run: TinyRun) -> None:
    with pytest.raises(UserError, match="not one of this run's"):
        evaluate(tiny_run.output_dir, problems="mini_ende")


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No run in"):
        evaluate(tmp_path)
