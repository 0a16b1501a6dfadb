"""Evaluation beside a trainer: each checkpoint of a run as it appears."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.errors import UserError
from t2t_mm.evaluation.evaluation_options import EvaluationOptions
from t2t_mm.evaluation.kept_results import NO_SCORES
from t2t_mm.files.disk import claim_folder, report_full_disk
from t2t_mm.files.json_records import read_records
from t2t_mm.run.checkpoint import Checkpoint, CheckpointStore
from t2t_mm.run.run_settings import read_settings
from t2t_mm.run.task import Task
from t2t_mm.scoring.metrics import METRICS

WAIT_MINUTES = 60.0
_SECONDS_BETWEEN_LOOKS = 1.0
_MOST_BYTES_OF_LAST_RECORD = 200


def evaluate_continuously(
    output_dir: str | Path,
    *,
    problems: str | Sequence[str] = (),
    split: str = "validation",
    data_dir: str | Path = "",
    options: EvaluationOptions | None = None,
    wait_minutes: float = WAIT_MINUTES,
) -> Iterator[tuple[int, dict[str, dict[str, Any]]]]:
    """Score each checkpoint of a run as it appears; the Python form of `t2t-eval --continuous`.

    The run may be trained meanwhile by another process, or not be there yet: its folder is only
    read, and nothing that the trainer writes is touched. Checkpoints are scored in their order,
    those first that are there; one that the trainer has removed before it was read is left out.
    The scores of each are appended to `output_dir/continuous-SPLIT.jsonl` and, for TensorBoard, to
    `output_dir/tensorboard/continuous-SPLIT`, in records like those of the trainer's own
    evaluations; of other examples or ways to decode in a log of their own. Steps of which this log
    has all scores that are asked for are not scored again.

    Args:
        output_dir: The run.
        problems: As for `evaluate`.
        split: As for `evaluate`.
        data_dir: As for `evaluate`.
        options: As for `evaluate`, without a `checkpoint_path`.
        wait_minutes: How long to wait for the run, and for each next checkpoint.

    Yields:
        The step of a checkpoint, and what `evaluate` returns of it. It ends with the checkpoint of
        the run's last step, or of that at which it stopped early, or when no other came in time,
        which is told on standard error.

    Raises:
        UserError: As from `evaluate`; or the run or its first checkpoint did not come in time, or
            another process is writing the same log.

    Example:
        >>> options = EvaluationOptions(decode=False, limit=2)
        >>> for step, scores in evaluate_continuously("demo/run", options=options):
        ...     print(step, list(scores), scores["mini_ende"]["teacher_forced"]["examples"])
        4 ['mini_ende', 'mini_image'] 2.0
    """
    options = options or EvaluationOptions()
    wait_for_run(output_dir, wait_minutes)
    from t2t_mm.evaluation.evaluation import RunEvaluation  # imports Keras
    from t2t_mm.run.logs import RunLog

    evaluation = RunEvaluation(
        output_dir, problems=problems, split=split, data_dir=data_dir, options=options
    )
    directory = evaluation.run.directory
    name = f"continuous-{split}{evaluation.variant}"
    asked = {task.name: _list_asked(task, options) for task in evaluation.tasks}
    with contextlib.ExitStack() as stack:
        stack.enter_context(report_full_disk(directory, "scores that were logged are kept"))
        # Another's log would be replaced while it is being written.
        stack.enter_context(claim_folder(directory / "tensorboard" / name, "these scores"))
        scored = _read_scored(directory / f"{name}.jsonl", asked)
        done = {step for step, names in scored.items() if asked.keys() <= names}
        log = stack.enter_context(RunLog(directory, max(scored, default=0), name=name))
        while checkpoint := _wait_for_checkpoint(directory, done, wait_minutes):
            done.add(checkpoint.step)
            try:
                results = evaluation.score(checkpoint)
            except (UserError, OSError):
                if checkpoint.path.exists():
                    raise
                _tell(f"step {checkpoint.step:,} is left out: its checkpoint was removed meanwhile")
                continue
            for problem, result in results.items():
                log.write("eval", checkpoint.step, _list_numbers(result), problem=problem)
            for problem in (
                asked.keys() - results.keys()
            ):  # no example of it is left: that is known now
                log.write("eval", checkpoint.step, {}, problem=problem)
            means = [one["teacher_forced"]["log_perplexity"] for one in results.values()]
            log.write("eval", checkpoint.step, {"log_perplexity": float(np.mean(means))})
            yield checkpoint.step, results


def wait_for_run(output_dir: str | Path, wait_minutes: float = WAIT_MINUTES) -> None:
    """Wait until a trainer has described its run; Keras's backend can be chosen by it then.

    Raises:
        UserError: It did not come in time.
    """
    path = Path(output_dir) / "run.json"
    if path.exists():
        return
    _tell(f"waiting for a run in {output_dir}")
    if not _wait_until(path.exists, wait_minutes):
        raise UserError(
            f"No run appeared in {output_dir} within {wait_minutes:g} minutes",
            fix="Start t2t-trainer with this --output_dir, or give --eval_timeout_mins more.",
        )


def _wait_for_checkpoint(directory: Path, done: set[int], wait_minutes: float) -> Checkpoint | None:
    """Return the next checkpoint to score; None where the training has ended, or no more comes.

    Raises:
        UserError: There is none at all.
    """
    store = CheckpointStore(directory)

    def find_next() -> Checkpoint | None:
        return next((one for one in store.list_checkpoints() if one.step not in done), None)

    def is_over() -> bool:
        latest = store.find_latest()
        if latest is None:
            return False
        return latest.step >= _read_last_step(directory) or _has_stopped(directory)

    _wait_until(lambda: find_next() is not None or is_over(), wait_minutes)
    found = find_next()
    if found is None and not is_over():
        within = f"within {wait_minutes:g} minutes"
        if not done:
            raise UserError(f"No checkpoint appeared in {directory} {within}")
        _tell(f"no further checkpoint {within}; the last was {max(done):,}")
    return found


def _wait_until(holds: Callable[[], bool], minutes: float) -> bool:
    end = time.monotonic() + 60 * minutes
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(min(_SECONDS_BETWEEN_LOOKS, max(0.0, end - time.monotonic())))
    return held


def _read_last_step(directory: Path) -> int:
    """Read how many steps are asked for; a run that goes on may have more than when it began."""
    return read_settings(directory).train.steps


def _has_stopped(directory: Path) -> bool:
    """Return whether the trainer's last record says that nothing gets better; only that is read."""
    with contextlib.suppress(OSError), (directory / "log.jsonl").open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_BYTES_OF_LAST_RECORD))
        return file.read().rstrip().rpartition(b"\n")[2].startswith(b'{"kind": "stopped"')
    return False


def _list_asked(task: Task, options: EvaluationOptions) -> set[str]:
    """List the scores of a task's outputs that are asked for."""
    if not options.decode:
        return set()
    beside = {"shuffled_inputs": options.shuffled_inputs, "baseline": options.baseline}
    return {METRICS[name].key for name in task.metrics} | {name for name in beside if beside[name]}


def _read_scored(path: Path, asked: Mapping[str, set[str]]) -> dict[int, set[str]]:
    """Read by step of which problems earlier starts have all scores that are asked for."""
    scored: dict[int, set[str]] = {}
    for record in read_records(path):
        names, name = scored.setdefault(record["step"], set()), str(record.get("problem", ""))
        missing = asked.get(name, set()) - set(record)
        if record.get("examples") == 1:
            missing.discard("shuffled_inputs")  # one example has none
        if not missing or "examples" not in record:  # or no example of it is left
            names.add(name)
    return scored


def _list_numbers(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores of a problem, teacher-forced ones under the trainer's own names."""
    others = {name: value for name, value in result.items() if name not in NO_SCORES}
    return {**others.pop("teacher_forced"), **others}


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
