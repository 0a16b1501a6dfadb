"""Each checkpoint is scored once, as it appears; nothing that a trainer does is a crash."""

import errno
import itertools
import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from seals import change_sealed
from tiny_run import PROBLEMS, TinyRun

from t2t_mm.errors import UserError
from t2t_mm.evaluation import continuous
from t2t_mm.evaluation.continuous import evaluate_continuously, wait_for_run
from t2t_mm.evaluation.evaluation import RunEvaluation, evaluate
from t2t_mm.evaluation.evaluation_options import EvaluationOptions
from t2t_mm.run.checkpoint import Checkpoint, CheckpointStore
from t2t_mm.run.logs import RunLog

QUICK = EvaluationOptions(decode=False, limit=4)
COPY = {"problems": "algorithmic_copy", "options": QUICK}
LOG = "continuous-validation-first4.jsonl"


@pytest.fixture
def run(tiny_run: TinyRun, tmp_path: Path) -> Path:
    """A copy of a run that has ended, with its last three checkpoints."""
    path = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, path, ignore=shutil.ignore_patterns("decoded"))
    assert [one.step for one in CheckpointStore(path).list_checkpoints()][-3:] == [10, 15, 20]
    return path


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continuous, "_SECONDS_BETWEEN_LOOKS", 0.02)


def read_log(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / LOG).read_text().splitlines()]


@pytest.mark.slow
def test_later_checkpoints_have_the_scores_of_evaluate_and_records_as_the_trainers(
    run: Path,
) -> None:
    of_trainer = (run / "log.jsonl").read_bytes()
    for path in (run / "checkpoints").iterdir():
        if path.name not in ("00000010", "00000020"):
            shutil.rmtree(path)
    options = EvaluationOptions(limit=4, samples=0)
    found = dict(evaluate_continuously(run, problems="algorithmic_copy", options=options))
    assert list(found) == [10, 20] and found[10] != found[20]
    newest = EvaluationOptions(checkpoint_path=run / "checkpoints" / "00000020", limit=4, samples=0)
    assert evaluate(run, problems="algorithmic_copy", options=newest) == found[20]
    of_problem, summary = (record for record in read_log(run) if record["step"] == 20)
    assert (of_problem["kind"], of_problem["problem"]) == ("eval", "algorithmic_copy")
    scores = found[20]["algorithmic_copy"]
    assert of_problem.items() >= scores["teacher_forced"].items()
    assert of_problem["bleu"] == scores["bleu"] and "outputs" not in of_problem
    mean = scores["teacher_forced"]["log_perplexity"]
    assert summary == {"kind": "eval", "step": 20, "log_perplexity": mean}
    assert len(list((run / "tensorboard" / LOG.removesuffix(".jsonl")).iterdir())) == 1
    assert (run / "log.jsonl").read_bytes() == of_trainer


def score_quickly(self: RunEvaluation, checkpoint: Checkpoint) -> dict[str, Any]:
    """Stands in for a model: reads the checkpoint, and makes the scores up."""
    forced = {"log_perplexity": 1 / checkpoint.read_state()["step"]}
    return {task.name: {"teacher_forced": forced} for task in self.tasks}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunEvaluation, "score", score_quickly)


def test_a_full_disk_of_the_run_is_told_with_its_folder(
    run: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RunLog, "write", write)
    with pytest.raises(UserError, match=r"disk is full.*folder=.*scores that were logged are kept"):
        next(evaluate_continuously(run, **COPY))


def test_what_has_been_scored_is_not_scored_again_but_for_other_problems(
    run: Path, quick: None
) -> None:
    started = evaluate_continuously(run, **COPY)
    (first, _) = next(started)
    started.close()  # as Ctrl-C does
    assert {record["step"] for record in read_log(run)} == {first}
    with (run / LOG).open("a") as file:
        file.write('{"kind": "ev')
    rest = [step for step, _ in evaluate_continuously(run, **COPY)]
    assert rest and first not in rest
    assert list(evaluate_continuously(run, **COPY)) == []
    both = {"problems": list(PROBLEMS), "options": QUICK}
    assert [step for step, _ in evaluate_continuously(run, **both)] == [first, *rest]
    assert len(read_log(run)) == (2 + 3) * len([first, *rest])


def test_what_an_earlier_start_was_not_asked_for_is_scored(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = ("shuffled_inputs", "baseline")

    def score(self: RunEvaluation, checkpoint: Checkpoint) -> Any:
        forced = {"log_perplexity": 1.0, "examples": float(self.limit)}
        decoded: dict[str, Any] = {"bleu": 5.0, "chrf": 5.0}
        decoded |= {name: {} for name in beside if getattr(self.options, name)}
        of_each = {"teacher_forced": forced, **(decoded if self.options.decode else {})}
        return {task.name: of_each for task in self.tasks}

    monkeypatch.setattr(RunEvaluation, "score", score)

    def count_scored(**given: Any) -> int:
        options = EvaluationOptions(**given)
        copy = {"problems": "algorithmic_copy", "options": options}
        return len(list(evaluate_continuously(run, **copy)))

    whole = [{"decode": False}, {}, {"baseline": True}, {"baseline": True, "shuffled_inputs": True}]
    for given in whole:
        assert count_scored(limit=4, **given) >= 3
        assert count_scored(limit=4, **given) == 0
    for given in whole:
        assert count_scored(limit=4, **given) == 0
    assert count_scored(limit=1) >= 3
    assert count_scored(limit=1, shuffled_inputs=True) == 0  # of one example there is none


def test_two_do_not_write_one_log(run: Path, quick: None) -> None:
    first = evaluate_continuously(run, **COPY)
    next(first)
    with pytest.raises(UserError, match="Another process is writing these scores"):
        next(evaluate_continuously(run, **COPY))
    first.close()
    assert list(evaluate_continuously(run, **COPY))


def test_a_problem_without_examples_within_the_limits_is_not_asked_for_again(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def score_first(self: RunEvaluation, checkpoint: Checkpoint) -> Any:
        name, scores = next(iter(score_quickly(self, checkpoint).items()))
        return {name: scores}

    monkeypatch.setattr(RunEvaluation, "score", score_first)
    both = {"problems": list(PROBLEMS), "options": QUICK}
    assert list(evaluate_continuously(run, **both))
    before = read_log(run)
    assert list(evaluate_continuously(run, **both)) == [] and read_log(run) == before


def test_run_and_checkpoints_are_waited_for(
    run: Path, tmp_path: Path, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    beside, checkpoints = tmp_path / "beside", run / "checkpoints"
    run.rename(beside)

    def train() -> None:
        time.sleep(0.1)
        shutil.copytree(beside, run, ignore=shutil.ignore_patterns("checkpoints", "run.json"))
        shutil.copy(beside / "run.json", run)
        checkpoints.mkdir()
        for step in (10, 15, 20):
            time.sleep(0.1)
            name = f"{step:08d}"
            shutil.copytree(beside / "checkpoints" / name, checkpoints / f"{name}.incomplete")
            (checkpoints / f"{name}.incomplete").rename(checkpoints / name)

    trainer = threading.Thread(target=train)
    trainer.start()
    steps = [step for step, _ in evaluate_continuously(run, **COPY, wait_minutes=1)]
    trainer.join()
    assert steps == [10, 15, 20]
    assert f"waiting for a run in {run}" in capsys.readouterr().err


def test_a_checkpoint_that_is_removed_meanwhile_is_left_out_with_a_line(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def score(self: RunEvaluation, checkpoint: Checkpoint) -> Any:
        if checkpoint.step == 15:
            shutil.rmtree(checkpoint.path)  # as a trainer does, in the moment in which it is read
        return score_quickly(self, checkpoint)

    monkeypatch.setattr(RunEvaluation, "score", score)
    assert [step for step, _ in evaluate_continuously(run, **COPY)][-2:] == [10, 20]
    assert "step 15 is left out" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_an_error(run: Path, quick: None) -> None:
    (run / "checkpoints" / "00000015" / "state.json").write_text("{")
    with pytest.raises(UserError, match=r"state\.json.* damaged"):
        list(evaluate_continuously(run, **COPY))


def test_a_training_that_stopped_is_not_waited_for_longer_than_asked(
    run: Path, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(run / "checkpoints" / "00000020")
    steps = [step for step, _ in evaluate_continuously(run, **COPY, wait_minutes=0.001)]
    assert steps[-1] == 15
    assert "no further checkpoint within 0.001 minutes; the last was 15" in capsys.readouterr().err


def test_a_run_that_stopped_early_is_not_waited_for(
    run: Path, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(run / "checkpoints" / "00000020")
    with RunLog(run, 15) as log:
        log.write("stopped", 15, {})
    steps = [step for step, _ in evaluate_continuously(run, **COPY, wait_minutes=0.05)]
    assert steps[-1] == 15 and "no further checkpoint" not in capsys.readouterr().err


def test_what_never_comes_is_an_error(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"No run appeared in .*eval_timeout_mins"):
        wait_for_run(tmp_path / "nowhere", 0.001)
    shutil.rmtree(run / "checkpoints")
    with pytest.raises(UserError, match="No checkpoint appeared"):
        list(evaluate_continuously(run, **COPY, wait_minutes=0.001))


def test_a_run_that_is_told_to_go_on_is_waited_for(
    run: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_sealed(run / "hparams.json", lambda settings: settings["train"].update(steps=30))
    looks: Iterator[int] = itertools.count()
    last = run / "checkpoints" / "00000020"

    def pause(_: float) -> None:
        if next(looks) == 1:
            shutil.copytree(last, run / "checkpoints" / "00000030")
            state = run / "checkpoints" / "00000030" / "state.json"
            change_sealed(state, lambda numbers: numbers.update(step=30))

    monkeypatch.setattr(continuous.time, "sleep", pause)
    steps = [step for step, _ in evaluate_continuously(run, **COPY, wait_minutes=1)]
    assert steps[-2:] == [20, 30]
