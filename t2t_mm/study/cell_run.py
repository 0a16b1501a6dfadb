"""One run of a cell: its folder, its commands as processes of their own, and what it left.

STUDY_DIR/cells/NAME/seed_N/      an ordinary run, which the other commands read
    cell.json                     how the cell was defined, seconds taken, scores, what failed
    study.log                     what the commands printed
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.evaluation.kept_results import name_variant
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.run_settings import read_settings
from t2t_mm.settings.differences import list_resume_differences
from t2t_mm.study.cell_record import CellRecord, read_cell_record, write_cell_record
from t2t_mm.study.checked_study import CheckedStudy

DONE, DIVERGED, FAILED, BEGUN, NOT_RUN = "done", "diverged", "failed", "begun", "not run"
_INTERRUPTED = 130


@dataclass(frozen=True)
class Workplace:
    """Where a study's runs lie and what all their commands are told.

    Args:
        study_dir: The study.
        data_dir: Generated data.
        user_modules: As `--t2t_usr_dir` takes them.
        backend: Keras's; empty: as the commands choose.
    """

    study_dir: Path
    data_dir: Path
    user_modules: Sequence[str] = ()
    backend: str = ""

    def list_flags(self) -> list[str]:
        """List the flags that training and scoring share."""
        backend = [f"--backend={self.backend}"] if self.backend else []
        modules = [f"--t2t_usr_dir={one}" for one in self.user_modules]
        return [f"--data_dir={self.data_dir}", *modules, *backend]


class CellRun:
    """One run of a study.

    Args:
        checked: The study.
        name: The cell.
        seed: Of the run.
        place: Where it lies.
    """

    def __init__(self, checked: CheckedStudy, name: str, seed: int, place: Workplace) -> None:
        self.name, self.seed = name, seed
        self.cell = checked.cells[name]
        self.folder = place.study_dir / "cells" / name / f"seed_{seed}"
        study = checked.study
        self.split, self.limit = study.split, study.limit
        self._scored_as = study.split + name_variant(study.limit)
        self._definition = checked.describe(name)
        self._place = place
        self._stopped = threading.Event()

    @property
    def address(self) -> str:
        """Its folder as seen from the study's."""
        return self.folder.relative_to(self._place.study_dir).as_posix()

    def read_record(self) -> CellRecord | None:
        """Read what is kept beside the run; None where it was not begun.

        Raises:
            UserError: It is damaged.
        """
        return read_cell_record(self.folder)

    def check_unchanged(self) -> None:
        """Refuse a run that lies there and was made by another definition of its cell.

        Raises:
            UserError: The two differ; each difference is named.
        """
        record = self.read_record()
        if record is None:
            return
        had, asked = record.definition, self._definition
        differences = [
            f"{key}: {had.get(key)!r}, now {value!r}"
            for key, value in asked.items()
            if had.get(key) != value
        ]
        if not differences and (self.folder / "hparams.json").exists():
            train = replace(self.cell.hparams.train, seed=self.seed)
            now = replace(self.cell.hparams, train=train)
            differences = list_resume_differences(read_settings(self.folder), now)
        if differences:
            raise UserError(
                f"Cell {self.name!r} was changed, and {self.folder} was trained before that: "
                f"{'; '.join(differences)}",
                fix="Give the cell another name, remove that folder, or name another --study_dir.",
            )

    def read_scores(self) -> dict[str, dict[str, Any]]:
        """Read the scores of each problem, as far as they are there."""
        record = self.read_record()
        return record.scores.get(self._scored_as, {}) if record else {}

    def read_state(self) -> tuple[str, str]:
        """Return how far the run is, and if something went wrong, what."""
        record = self.read_record()
        if record is None:
            return NOT_RUN, ""
        if record.failed:
            return FAILED, record.failed
        scores = record.scores.get(self._scored_as, {})
        if any(name not in scores for name in self.cell.scored) or not self._is_trained():
            return BEGUN, ""
        bad = [name for name in scores if not math.isfinite(_read_loss(scores[name]))]
        return (DIVERGED, f"no finite loss on {', '.join(bad)}") if bad else (DONE, "")

    def _is_trained(self) -> bool:
        latest = CheckpointStore(self.folder).find_latest()
        return latest is not None and latest.step >= self.cell.steps

    def stop(self) -> None:
        """Let `complete`, which another thread is in, save and end by `KeyboardInterrupt`."""
        self._stopped.set()

    def complete(self) -> None:
        """Train and score what is not there yet; a failure is kept, not raised.

        Raises:
            KeyboardInterrupt: Ctrl-C or `stop`, after what was running has saved.
        """
        record = self.read_record() or CellRecord(self._definition)
        self._write(record)
        start, failed = time.monotonic(), ""
        try:
            failed = self._call("trainer", *self._list_training_flags())
            for decodes in (True, False):
                missing = self._list_missing(decodes)
                if missing and not failed:
                    failed = self._score(missing, decodes)
        finally:
            seconds = record.seconds + time.monotonic() - start
            kept = self.read_record() or record
            self._write(replace(kept, seconds=round(seconds, 1), failed=failed))

    def _list_training_flags(self) -> list[str]:
        cell = self.cell.cell
        flags = [
            f"--problems={','.join(self.cell.problems)}",
            f"--hparams_set={cell.hparams_set}",
            f"--hparams={cell.hparams}",
            f"--random_seed={self.seed}",
            f"--output_dir={self.folder}",
            "--schedule=train",  # the last checkpoint counts, so nothing is scored on the way
        ]
        if cell.steps:
            flags.append(f"--train_steps={cell.steps}")
        if cell.warm_start:
            source = self.folder.parent.parent / cell.warm_start / self.folder.name
            flags.append(f"--warm_start_from={source}")
        return [flag for flag in flags if not flag.endswith("=")]

    def _list_missing(self, decodes: bool) -> list[str]:
        """List the problems that are to be scored so, and are not."""
        there = self.read_scores()
        return [
            name
            for name, is_decoded in self.cell.scored.items()
            if is_decoded is decodes and name not in there
        ]

    def _score(self, problems: Sequence[str], decodes: bool) -> str:
        file = self.folder / "scores.json"
        failed = self._call(
            "eval",
            f"--output_dir={self.folder}",
            f"--problems={','.join(problems)}",
            f"--split={self.split}",
            f"--limit={self.limit}",
            f"--scores_file={file}",
            "--decode" if decodes else "--nodecode",
            "--samples=0",
        )
        record = self.read_record()
        if not failed and record:
            found = json.loads(file.read_text(encoding="utf-8"))
            file.unlink()
            scores = {**record.scores.get(self._scored_as, {}), **found}
            self._write(replace(record, scores={**record.scores, self._scored_as: scores}))
        return failed

    def _call(self, name: str, *flags: str) -> str:
        """Run a command of ours to its end; return what it said last where it failed."""
        log = self.folder / "study.log"
        arguments = [*flags, *self._place.list_flags()]
        return call_command(name, arguments, log, self._stopped)

    def _write(self, record: CellRecord) -> None:
        write_cell_record(self.folder, record)


def call_command(
    name: str, arguments: Sequence[str], log: Path, stopped: threading.Event | None = None
) -> str:
    """Run one of our commands; see `call_module`.

    Args:
        name: Of its module: "trainer", "eval".
        arguments: Its flags.
        log: What it prints is added to it.
        stopped: Once it is set the command is stopped.
    """
    return call_module(f"t2t_mm.bin.t2t_{name}", arguments, log, stopped)


def call_module(
    module: str, arguments: Sequence[str], log: Path, stopped: threading.Event | None = None
) -> str:
    """Run one of our modules as a process of its own, which frees all that it held.

    Args:
        module: Its import name.
        arguments: Its flags.
        log: What it prints is added to it.
        stopped: Once it is set the command is stopped.

    Returns:
        Empty where it has succeeded, else the first sentence of the last line that it printed.

    Raises:
        KeyboardInterrupt: Ctrl-C or `stopped`; the command has then ended, too.
    """
    line = [sys.executable, "-m", module, *arguments]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(" ".join(line) + "\n")
        file.flush()
        start = file.tell()
        # In a session of its own, so that Ctrl-C reaches it once: a second one would lose steps.
        process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = _wait(process, stopped)
        except BaseException:
            process.terminate()  # what a shell starts in the background ignores SIGINT
            process.wait()
            raise
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    if not code:
        return ""
    said = log.read_bytes()[start:].decode("utf-8", "replace").strip().splitlines()
    return said[-1].partition(". ")[0] if said else f"{module} ended with {code}"


def _wait(process: subprocess.Popen[bytes], stopped: threading.Event | None) -> int:
    while stopped and process.poll() is None:
        if stopped.wait(0.2):
            raise KeyboardInterrupt
    return process.wait()


def _read_loss(scores: dict[str, Any]) -> float:
    """Return the log perplexity of a problem; a result without one was not scored so."""
    loss = scores.get("teacher_forced", {}).get("log_perplexity", 0.0)
    return math.nan if loss is None else float(loss)
