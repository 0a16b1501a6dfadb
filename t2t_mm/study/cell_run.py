"""One run of a cell: its folder, its commands as processes of their own, and what it left.

STUDY_DIR/cells/NAME/seed_N/      an ordinary run, which the other commands read
    cell.json                     how the cell was defined, seconds taken, scores, what failed
    study.log                     what the commands printed
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.evaluation.kept_results import drop_outputs, find_results, name_variant
from t2t_mm.files.disk import is_claimed
from t2t_mm.files.quiet_start import import_tensorflow
from t2t_mm.lent_backend import lend_backend
from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.run.keras_backend import read_backend
from t2t_mm.run.run_settings import read_settings
from t2t_mm.study.cell_record import CellRecord, read_cell_record, write_cell_record
from t2t_mm.study.checked_study import CheckedStudy
from t2t_mm.study.comparable_runs import identify_weights, list_setting_differences
from t2t_mm.study.started_command import call_command
from t2t_mm.study.study_place import Workplace

DONE, DIVERGED, FAILED, BEGUN, NOT_RUN = "done", "diverged", "failed", "begun", "not run"


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
    def _source_folder(self) -> Path:
        """That of the run that this one begins with."""
        return self.folder.parent.parent / self.cell.cell.warm_start / self.folder.name

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

    def check_unchanged(self, digests: Mapping[str, str]) -> None:
        """Refuse a run that lies there and was made otherwise than it would be now.

        Its definition, settings, backend and data count, and the weights that it began with.

        Args:
            digests: Of the generated data that is there, by problem.

        Raises:
            UserError: They differ; each difference is named.
        """
        record = self.read_record()
        if record is None or self._is_untouched(record):
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
            differences = list_setting_differences(
                read_settings(self.folder), now, is_decoded=_is_decoded(record)
            )
        if differences:
            raise UserError(
                f"Cell {self.name!r} was changed, and {self.folder} was trained before that: "
                f"{'; '.join(differences)}",
                fix="Give the cell another name, remove that folder, or name another --study_dir.",
            )
        self._check_same_source(record)
        self._check_same_backend()
        self._check_same_data(digests)

    def _is_untouched(self, record: CellRecord) -> bool:
        """Return whether what was tried has failed, or was stopped, before there was a run."""
        has_settings = (self.folder / "hparams.json").exists()
        has_learned = CheckpointStore(self.folder).find_latest() is not None
        return not record.scores and not has_settings and not has_learned

    def _check_same_source(self, record: CellRecord) -> None:
        source = self.cell.cell.warm_start
        if record.source and record.source != identify_weights(self._source_folder):
            raise UserError(
                f"{self.folder} began with a run of cell {source!r} that is not there any more, or "
                "was trained anew",
                fix="Remove that folder, too, or name another --study_dir.",
            )

    def _check_same_backend(self) -> None:
        had, asked = read_backend(self.folder), self._place.common_backend
        if had and asked and had != asked:
            raise UserError(
                f"{self.folder} was trained on another backend",
                expected=f"{asked} for all runs, by --backend, KERAS_BACKEND or the first of them",
                received={"backend": had},
                fix=f"Add --backend={had}, remove that folder, or name another --study_dir.",
            )

    def _check_same_data(self, digests: Mapping[str, str]) -> None:
        if not (self.folder / "run.json").exists():
            return
        import_tensorflow()  # quietly, before Keras does
        with lend_backend():
            from t2t_mm.run.run_directory import open_run

            trained_on = open_run(self.folder).data_digests
        changed = [name for name, one in digests.items() if trained_on.get(name, one) != one]
        if changed:
            raise UserError(
                f"{self.folder} was trained on other data than lies there now",
                received={"data_dir": self._place.data_dir, "problems": ", ".join(changed)},
                fix="Name the --data_dir that it was trained on, or another --study_dir.",
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
        if self._list_missing() or not self.is_trained():
            return BEGUN, ""
        bad = [name for name in scores if not math.isfinite(_read_loss(scores[name]))]
        return (DIVERGED, f"no finite loss on {', '.join(bad)}") if bad else (DONE, "")

    def is_trained(self) -> bool:
        """Return whether all its steps are made; it may be without scores."""
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
        record = self.read_record()
        if record is None or self._is_untouched(record):
            source = identify_weights(self._source_folder) if self.cell.cell.warm_start else ""
            record = CellRecord(self._definition, source=source)
        self._write(record)
        self._wait_for_others()
        start, failed = time.monotonic(), ""
        try:
            failed = self._call("trainer", *self._list_training_flags())
            self._take_over_scores()
            for decodes in (True, False):
                missing = [
                    name for name in self._list_missing() if bool(self.cell.scored[name]) == decodes
                ]
                if missing and not failed:
                    failed = self._score(missing, decodes)
            if not failed and (missing := self._list_missing()):
                failed = f"no score of {', '.join(missing)} on the {self.split} split"
        finally:
            seconds = record.seconds + time.monotonic() - start
            kept = self.read_record() or record
            self._write(replace(kept, seconds=round(seconds, 1), failed=failed))

    def _wait_for_others(self) -> None:
        """Wait for the trainer of a study that was killed: it goes on, and is not stopped."""
        while is_claimed(self.folder):
            if self._stopped.wait(1.0):
                raise KeyboardInterrupt

    def _list_training_flags(self) -> list[str]:
        cell = self.cell.cell
        given = {
            "problems": ",".join(self.cell.problems),
            "hparams_set": cell.hparams_set,
            "hparams": cell.hparams,
            "random_seed": str(self.seed),
            "output_dir": str(self.folder),
            "schedule": "train",  # the last checkpoint counts, so nothing is scored on the way
            "train_steps": str(cell.steps or ""),
            "warm_start_from": str(self._source_folder) if cell.warm_start else "",
        }
        return [f"--{name}={value}" for name, value in given.items() if value]

    def _list_missing(self) -> list[str]:
        """List the problems that are to be scored, and are not, or not by all that is asked."""
        there = self.read_scores()
        return [
            name
            for name, keys in self.cell.scored.items()
            if name not in there or not keys <= set(there[name])
        ]

    def _take_over_scores(self) -> None:
        """Keep what a scoring that was stopped, or failed at one problem, has found of others."""
        latest, record = CheckpointStore(self.folder).find_latest(), self.read_record()
        if latest is None or record is None:
            return
        with contextlib.suppress(UserError):  # what is damaged is made anew
            kept = find_results(self.folder, self.split, self.limit, latest.step)
            found = {name: kept[name][1] for name in self._list_missing() if name in kept}
            self._add_scores(drop_outputs(found))

    def _add_scores(self, found: Mapping[str, Any]) -> None:
        if found and (record := self.read_record()):
            scores = {**record.scores.get(self._scored_as, {}), **found}
            self._write(replace(record, scores={**record.scores, self._scored_as: scores}))

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
        if failed:
            self._take_over_scores()
        else:
            self._add_scores(json.loads(file.read_text(encoding="utf-8")))
            file.unlink()
        return failed

    def _call(self, name: str, *flags: str) -> str:
        """Run a command of ours to its end; return what it said last where it failed."""
        log = self.folder / "study.log"
        arguments = [*flags, *self._place.list_flags()]
        return call_command(name, arguments, log, self._stopped)

    def _write(self, record: CellRecord) -> None:
        write_cell_record(self.folder, record)


def _is_decoded(record: CellRecord) -> bool:
    """Return whether a run has scores of its outputs."""
    found = [one for of_split in record.scores.values() for one in of_split.values()]
    return any(set(one) - {"teacher_forced"} for one in found)


def _read_loss(scores: dict[str, Any]) -> float:
    """Return the log perplexity of a problem; a result without one was not scored so."""
    loss = scores.get("teacher_forced", {}).get("log_perplexity", 0.0)
    return math.nan if loss is None else float(loss)
