"""Damaged checkpoints of a run that is to go on: set aside, so that it goes on from a whole one."""

from __future__ import annotations

from collections.abc import Callable

from t2t_mm.files.disk import remove_folder
from t2t_mm.run.checkpoint import Checkpoint, CheckpointStore
from t2t_mm.run.manifest import DamagedFileError


def find_whole(store: CheckpointStore, tell: Callable[[str], None]) -> Checkpoint | None:
    """Find the newest checkpoint of which all is what was written; `None` where there is none.

    Args:
        store: All files of its newest checkpoints are read.
        tell: Is given a line for a person for each that is passed over.

    Raises:
        DamagedFileError: Not one is whole.
    """
    found = store.list_checkpoints()
    for checkpoint in reversed(found):
        try:
            checkpoint.check()
        except DamagedFileError as error:
            if checkpoint == found[0]:
                raise
            tell(f"{error.what} The checkpoint before it is taken.")
        else:
            return checkpoint
    return None


def set_aside(store: CheckpointStore, whole: Checkpoint) -> None:
    """Rename checkpoints that are newer than a whole one: STEP.damaged is none."""
    for checkpoint in store.list_checkpoints():
        if checkpoint.step > whole.step:
            aside = checkpoint.path.with_name(f"{checkpoint.path.name}.damaged")
            remove_folder(aside)
            checkpoint.path.rename(aside)
