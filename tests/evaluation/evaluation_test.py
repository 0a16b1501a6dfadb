"""Every problem fully, teacher-forced apart from decoded."""

import json
import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_run import PROBLEMS, TinyRun, drop_split

from t2t_mm.data.kinds.feature_kind import Limit
from t2t_mm.data.pipeline import datasets
from t2t_mm.data.records.stored import open_data
from t2t_mm.errors import UserError
from t2t_mm.evaluation import evaluation
from t2t_mm.evaluation.decoded_files import write_scores
from t2t_mm.evaluation.evaluation import RunEvaluation, evaluate, find_language
from t2t_mm.evaluation.evaluation_options import EvaluationOptions
from t2t_mm.features import BatchSpec
from t2t_mm.files.sealed_json import unseal_json
from t2t_mm.inference.batch_decoder import BatchDecoder, Output
from t2t_mm.registry import problem
from t2t_mm.run.task import Task, make_tasks
from t2t_mm.scoring.metrics import list_other_scores
from t2t_mm.settings import DecodeHParams

COPY = "algorithmic_copy"


def not_yet_scored(tiny_run: TinyRun, tmp_path: Path) -> Path:
    """A copy of the run without what other tests have decoded."""
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy, ignore=shutil.ignore_patterns("decoded"))
    return copy


def test_a_metric_that_a_problem_has_got_since_the_training_is_among_the_scores(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = ("bleu", "chrf", "wer")
    monkeypatch.setattr(type(problem("algorithmic_copy")), "metrics", metrics)
    chosen = RunEvaluation(
        tiny_run.output_dir,
        problems="algorithmic_copy",
        split="test",
        data_dir="",
        options=EvaluationOptions(),
    )
    assert [task.metrics for task in chosen.tasks] == [metrics]
    assert "wer" not in chosen.run.task("algorithmic_copy").metrics


def test_the_name_of_a_problem_is_no_language() -> None:
    (task,) = make_tasks([problem("algorithmic_copy")])
    own = replace(task, name="my_words", command="my_words")
    assert (find_language(own), find_language(replace(own, command="my"))) == ("", "my")


@pytest.mark.slow
def test_smaller_batches_have_the_same_scores_in_the_same_place(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, scores, batches = not_yet_scored(tiny_run, tmp_path), [], []
    evaluator = evaluation.Evaluator

    def keep_batch(model: Any, *, batch: BatchSpec) -> Any:
        batches.append(batch.tokens)
        return evaluator(model, batch=batch)

    monkeypatch.setattr(evaluation, "Evaluator", keep_batch)
    for tokens in (0, 100):
        options = EvaluationOptions(eval_batch_tokens=tokens, decode=False)
        scores.append(evaluate(run, problems=COPY, options=options)[COPY]["teacher_forced"])
    assert scores[0] == pytest.approx(scores[1], rel=1e-4) and batches == [4096, 100]
    options = EvaluationOptions(decode_hparams="batch_size=2")
    with pytest.raises(UserError, match=r"batch_size counts for nothing.*--eval_batch_tokens"):
        RunEvaluation(run, problems=COPY, split="test", data_dir="", options=options)


def test_a_limit_of_decoding_does_not_count_where_nothing_is_decoded(
    tiny_run: TinyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        evaluation, "choose_decoding", lambda *_, **__: DecodeHParams(num_samples=3)
    )
    for decode, limit in ((True, 3), (False, 0)):
        options = EvaluationOptions(decode=decode)
        one = RunEvaluation(
            tiny_run.output_dir, problems=COPY, split="test", data_dir="", options=options
        )
        assert one.limit == limit


@pytest.mark.slow
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
        low, high = result["intervals"]["bleu"]
        assert low <= result["bleu"] <= high and "intervals" not in result["shuffled_inputs"]
        assert 0 <= result["baseline"]["bleu"] < 20  # digits in another order
        assert "bleu" not in forced
    (folder,) = run.glob("decoded/test-*")
    assert len((folder / "algorithmic_copy.decoded.txt").read_text().splitlines()) == size
    lines = (run / scores["algorithmic_copy"]["outputs"]).read_text().splitlines()
    outputs = [json.loads(line) for line in lines]
    assert len(outputs) == size and not list(folder.glob("*.incomplete"))
    for sample in scores["algorithmic_copy"]["worst"] + scores["algorithmic_copy"]["samples"]:
        line = outputs[sample["index"]]
        assert (line["output"], line["score"]) == (sample["decoded"], sample["score"])
    ranked = sorted(line["score"] for line in outputs)
    assert [one["score"] for one in scores["algorithmic_copy"]["worst"]] == ranked[:3]
    assert [one["score"] for one in scores["algorithmic_copy"]["best"]] == ranked[:-4:-1]
    write_scores(tmp_path / "scores.json", scores)
    written = json.loads((tmp_path / "scores.json").read_text())
    for key in ("bleu", "intervals"):
        assert written["algorithmic_copy"][key] == scores["algorithmic_copy"][key]


@pytest.mark.slow
def test_problems_without_the_split_are_named_and_the_others_scored(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir = tmp_path / "data"
    shutil.copytree(tiny_run.data_dir, data_dir)
    drop_split(data_dir, PROBLEMS[0], "test")
    run, options = not_yet_scored(tiny_run, tmp_path), EvaluationOptions(decode=False, limit=2)
    scores = evaluate(run, split="test", data_dir=data_dir, options=options)
    assert list(scores) == [PROBLEMS[1]]
    assert f"not scored, for want of a test split: {PROBLEMS[0]}" in capsys.readouterr().err


@pytest.mark.slow
def test_a_problem_of_which_nothing_is_left_is_told_and_the_others_are_scored(
    tiny_run: TinyRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    too_long = {PROBLEMS[0]: {"targets": Limit("data.max_pieces=1", 1)}}
    monkeypatch.setattr(
        "t2t_mm.evaluation.evaluation.choose_limits",
        lambda problem, data: too_long.get(problem.name, {}),
    )
    run, options = not_yet_scored(tiny_run, tmp_path), EvaluationOptions(decode=False, limit=2)
    assert list(evaluate(run, split="test", options=options)) == [PROBLEMS[1]]
    assert f"{PROBLEMS[0]}, test: " in capsys.readouterr().err
    too_long[PROBLEMS[1]] = too_long[PROBLEMS[0]]
    with pytest.raises(UserError, match=r"No example of .* is left in the test split"):
        evaluate(run, split="test", options=options)


@pytest.mark.slow
def test_one_reading_serves_scores_and_decoding(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = not_yet_scored(tiny_run, tmp_path)
    read: list[bytes] = []

    class Noting(datasets.EvaluationDataset):
        def __iter__(self) -> Iterator[dict[str, Any]]:
            for batch in super().__iter__():
                read.extend(batch["inputs_text"])
                yield batch

    monkeypatch.setattr(datasets, "EvaluationDataset", Noting)
    options = EvaluationOptions(limit=6, samples=0)
    scores = evaluate(run, split="test", problems="algorithmic_copy", options=options)
    assert len(read) == 6 and scores["algorithmic_copy"]["teacher_forced"]["examples"] == 6
    (lines,) = run.glob("decoded/test-*/algorithmic_copy.decoded.txt")
    assert len(lines.read_text().splitlines()) == 6


@pytest.mark.slow
def test_outputs_are_written_as_they_come(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = not_yet_scored(tiny_run, tmp_path)

    class Ending(datasets.EvaluationDataset):
        def __iter__(self) -> Iterator[dict[str, Any]]:
            yield next(super().__iter__())
            raise UserError("a damaged shard")

    monkeypatch.setattr(datasets, "EvaluationDataset", Ending)
    with pytest.raises(UserError, match="a damaged shard"):
        evaluate(run, split="test", problems="algorithmic_copy")
    (kept,) = run.glob("decoded/test-*/*")
    assert kept.name == "algorithmic_copy.outputs.jsonl.part"
    assert json.loads(kept.read_text().splitlines()[0])["index"] == 0


@pytest.mark.slow
def test_one_example_has_no_other_input_and_that_is_said(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = not_yet_scored(tiny_run, tmp_path)
    options = EvaluationOptions(shuffled_inputs=True, limit=1)
    scores = evaluate(run, split="test", problems="algorithmic_copy", options=options)
    assert "bleu" in scores["algorithmic_copy"]
    assert not {"shuffled_inputs", "intervals"} & scores["algorithmic_copy"].keys()
    assert "algorithmic_copy has one example: there is no other input" in capsys.readouterr().err


@pytest.mark.slow
def test_empty_outputs_are_counted(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = not_yet_scored(tiny_run, tmp_path)

    def decode(_: BatchDecoder, __: Task, batch: dict[str, Any], places: Any) -> list[Output]:
        return [Output(" " if index else "3") for index in range(len(batch["inputs"]))]

    monkeypatch.setattr(BatchDecoder, "__call__", decode)
    options = EvaluationOptions(limit=4)
    (scores,) = evaluate(run, split="test", problems="algorithmic_copy", options=options).values()
    assert scores["empty"] == 75.0 and list_other_scores(scores)["empty outputs"] == 75.0


@pytest.mark.slow
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
    kept = unseal_json(results.read_text())
    assert list(kept) == list(PROBLEMS)
    assert [len(kept[name]["samples"]) for name in PROBLEMS] == [6, 1]
    assert [len(kept[name]["best"]) for name in PROBLEMS] == [3, 0]
    assert not (run / "decoded" / results.parent.name.removesuffix("-first6")).exists()


def test_a_limit_that_no_split_goes_beyond_is_the_whole_split(tiny_run: TinyRun) -> None:
    sizes = [open_data(problem(name), tiny_run.data_dir).sizes["test"] for name in PROBLEMS]
    for limit, variant in ((max(sizes) - 1, f"-first{max(sizes) - 1}"), (max(sizes), "")):
        given = EvaluationOptions(limit=limit)
        made = RunEvaluation(
            tiny_run.output_dir, problems="", split="test", data_dir="", options=given
        )
        assert made.variant == variant


@pytest.mark.slow
def test_other_ways_to_decode_are_kept_apart_and_draw_by_the_places_of_all_examples(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = not_yet_scored(tiny_run, tmp_path)
    places: list[int] = []
    decode_batch = BatchDecoder.__call__

    def note(self: Any, task: Any, batch: Any, some: Any = None) -> Any:
        places.extend(some)
        return decode_batch(self, task, batch, some)

    monkeypatch.setattr(BatchDecoder, "__call__", note)
    monkeypatch.setattr(evaluation, "BatchSpec", lambda tokens: BatchSpec(examples=2))
    how = "num_samples=5,sampling_method=random"
    options = EvaluationOptions(decode_hparams=how)
    scores = evaluate(run, split="test", problems=PROBLEMS[0], options=options)
    assert scores[PROBLEMS[0]]["teacher_forced"]["examples"] == 5 and sorted(places) == [*range(5)]
    (folder,) = (run / "decoded").iterdir()
    assert folder.name.endswith("-first5-sampling_method=random")


def test_a_misspelt_metric_is_told_before_anything_is_decoded(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = not_yet_scored(tiny_run, tmp_path)
    monkeypatch.setattr(type(problem("algorithmic_copy")), "metrics", ("blue",))
    with pytest.raises(UserError, match=r"unknown metric 'blue'.*Did you mean 'bleu'"):
        evaluate(run, options=EvaluationOptions(limit=1))
    assert not (run / "decoded").exists()


def test_a_problem_that_the_run_does_not_have_is_named(tiny_run: TinyRun) -> None:
    with pytest.raises(UserError, match="not one of this run's"):
        evaluate(tiny_run.output_dir, problems="mini_ende")


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No run in"):
        evaluate(tmp_path)
