"""A run's logs: `log.jsonl`, one record a line, and the same numbers for TensorBoard."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.json_records import read_record_lines
from t2t_mm.files.sealed_json import dump_json


class RunLog:
    """Writes records to JSONL and TensorBoard; tags carry the problem's *name*.

    On resume the log is cut back to the checkpoint's step, so no step stands in it twice.

    Args:
        run_dir: The run's folder.
        resume_step: The step that training goes on from.
        evaluates_again: Whether that step's evaluation is to come, and so is cut as well.
        name: Of a log beside the trainer's, which writes `NAME.jsonl` and `tensorboard/NAME`.

    Example:
        A training record, one line of `log.jsonl`::

            {"kind": "train", "step": 100, "problem": "mini_ende", "loss": 3.1, ...}
    """

    def __init__(
        self, run_dir: Path, resume_step: int, evaluates_again: bool = False, name: str = ""
    ) -> None:
        self.path = run_dir / f"{name or 'log'}.jsonl"
        _cut_log(self.path, resume_step, evaluates_again)
        self._file = self.path.open("a", encoding="utf-8")
        self._events = EventFileWriter(str(run_dir / "tensorboard" / name))
        # Upon this event TensorBoard drops what an earlier start wrote from that step on.
        start = SessionLog(status=SessionLog.START)
        self._events.add_event(
            Event(wall_time=time.time(), step=resume_step + 1, session_log=start)
        )

    def write(self, kind: str, step: int, values: Mapping[str, Any], problem: str = "") -> None:
        """Write one record.

        Args:
            kind: `train`, `eval`, `checkpoint`, `fault`, `unusual`, or `stopped`, the last one of a
                run that ends before its last step.
            step: Updates made.
            values: Numbers, which TensorBoard gets too; lists and mappings are only in the JSONL.
            problem: The problem's name, where the record is of one problem.
        """
        named = {"problem": problem} if problem else {}
        record = {"kind": kind, "step": step, **named, **values}
        self._file.write(dump_json(record) + "\n")
        self._file.flush()
        prefix = f"{kind}/{problem}" if problem else kind
        for name, value in values.items():
            if isinstance(value, (int, float)):
                summary = scalar_pb(f"{prefix}/{name}", value)
                self._events.add_event(Event(wall_time=time.time(), step=step, summary=summary))
        self._events.flush()

    def close(self) -> None:
        """Write out what is buffered."""
        self._file.close()
        self._events.close()

    def __enter__(self) -> RunLog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _cut_log(path: Path, step: int, without_evaluation: bool) -> None:
    """Keep the records up to `step`, or to its evaluation; a half-written last line goes too.

    So does what says that the run has stopped: it goes on.
    """
    if not path.exists():
        return
    kept = []
    for line, record in read_record_lines(path):
        is_evaluation = record["step"] == step and record["kind"] == "eval"
        is_left_out = record["kind"] == "stopped" or (without_evaluation and is_evaluation)
        if record["step"] <= step and not is_left_out:
            kept.append(line + "\n")
    write_text_atomically(path, "".join(kept))
