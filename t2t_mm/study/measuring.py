"""`measure_gradients`: measure what a study asks of its runs beside scores, as processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from t2t_mm.run.checkpoint import CheckpointStore
from t2t_mm.study.cell_run import DONE, CellRun
from t2t_mm.study.checked_study import CheckedStudy
from t2t_mm.study.started_command import call_module
from t2t_mm.study.study_place import Workplace
from t2t_mm.training.gradient_record import read_gradient_record

_MODULE = "t2t_mm.training.on_tensorflow.gradient_cosines"


def measure_gradients(
    checked: CheckedStudy,
    runs: Mapping[tuple[str, int], CellRun],
    place: Workplace,
    tell: Callable[[str], None],
) -> None:
    """Measure the gradients of the runs that a study asks them of; what is known stays.

    What fails is told, and stops nothing.

    Args:
        checked: The study.
        runs: By cell and seed; those that are not done are left.
        place: Where its data is.
        tell: Is given a line at the start, and where something failed.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    for (name, seed), run in runs.items():
        if name != checked.study.gradients_of or run.read_state()[0] != DONE:
            continue
        steps = {one.step for one in CheckpointStore(run.folder).list_checkpoints()}
        if steps <= set(read_gradient_record(run.folder)):
            continue
        tell(f"gradients of {name}, seed {seed}: {len(steps)} checkpoints")
        arguments = [str(run.folder), str(place.data_dir)]
        env = {**os.environ, "KERAS_BACKEND": "tensorflow"}  # whatever trains the runs
        if failed := call_module(_MODULE, arguments, run.folder / "study.log", env=env):
            tell(f"gradients of {name}, seed {seed}: {failed}")
