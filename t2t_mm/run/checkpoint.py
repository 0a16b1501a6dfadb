"""Checkpoints: a folder that appears whole or not at all.

run_dir/checkpoints/00001000/
    weights.npz      every variable of the model by path (seed generators included)
    optimizer.npz    moments and counts
    input.*          position of every problem's input pipeline
    state.json       step, counters, best score; read and written by the loop
    manifest.json    sizes and checksums of the others; `state.json` has one of its own
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.disk import is_full_disk, remove_folder, remove_leftover, sync_folder
from t2t_mm.files.sealed_json import read_sealed, seal_json
from t2t_mm.run.manifest import (
    DamagedFileError,
    check_all_files,
    shorten_message,
    write_manifest,
)
from t2t_mm.run.written_arrays import (
    check_written,
    copy_arrays,
    is_finite,
    write_arrays,
)

WEIGHTS = "weights.npz"
OPTIMIZER = "optimizer.npz"
STATE = "state.json"


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint on disk.

    Args:
        path: Its folder.
        step: Updates made when it was written.
    """

    path: Path
    step: int

    def read_state(self) -> dict[str, Any]:
        """Read the loop's own state.

        Raises:
            DamagedFileError: The file is damaged.
        """
        path = self.path / STATE
        try:
            state = read_sealed(path)
        except UserError as error:
            raise DamagedFileError(path, shorten_message(error)) from error
        if state.get("step", self.step) != self.step:
            raise DamagedFileError(path, f"it is of step {state['step']}")
        return state

    def check(self) -> None:
        """Check that all files are what was written; all that they hold is read.

        Raises:
            DamagedFileError: One is not.
        """
        self.read_state()
        check_all_files(self.path)


class CheckpointStore:
    """The checkpoints of one run.

    Args:
        run_dir: The run's folder.
        keep: How many of the newest to keep; the best one is kept besides.
        verifies: Whether what was written is read back before it takes its place.
        in_background: Whether arrays are copied and written while others are computed; without it
            they are written one after the other, uncopied.
    """

    def __init__(
        self, run_dir: Path, keep: int = 3, *, verifies: bool = False, in_background: bool = False
    ) -> None:
        self.directory = run_dir / "checkpoints"
        self.keep = keep
        self.verifies = verifies
        self._pool = ThreadPoolExecutor(1) if in_background else None
        self._writing: Future[None] | None = None
        self._written: list[tuple[int, dict[str, float]]] = []

    def list_checkpoints(self) -> list[Checkpoint]:
        """List the complete checkpoints, oldest first."""
        if not self.directory.is_dir():
            return []
        found = [path for path in self.directory.iterdir() if path.name.isdigit()]
        return [Checkpoint(path, int(path.name)) for path in sorted(found)]

    def find_latest(self) -> Checkpoint | None:
        """Return the newest complete checkpoint, or `None`."""
        found = self.list_checkpoints()
        return found[-1] if found else None

    def find_best(self) -> Checkpoint | None:
        """Return the checkpoint that the newest one's state names as `best_step`, or `None`.

        Where that is damaged, which is told, the one before it is asked.
        """
        found = self.list_checkpoints()
        for checkpoint in reversed(found):
            try:
                best_step = checkpoint.read_state().get("best_step")
            except UserError as error:
                warn_once(f"{error} Which checkpoint is the best is taken from the one before.")
                continue
            return next((c for c in found if c.step == best_step), None)
        return None

    def save(
        self,
        step: int,
        *,
        weights: Mapping[str, Any],
        optimizer: Mapping[str, Any],
        input_checkpoint: Any,
        state: Mapping[str, Any],
    ) -> Checkpoint:
        """Write a checkpoint beside its final place and rename it when it is complete.

        In the background that comes later; what is given may change meanwhile.

        Args:
            step: Updates made.
            weights: The model's variables by path.
            optimizer: The optimizer's variables by name.
            input_checkpoint: `tf.train.Checkpoint` of the input iterators.
            state: What the loop keeps, anything that JSON can hold; the checkpoint that its
                `best_step` names is not removed.

        Raises:
            UserError: The disk is full or the folder cannot be written, now or in the background
                since the last time; what was there stays.
        """
        self.close()
        parts = {WEIGHTS: weights, OPTIMIZER: optimizer}
        with self._complete_or_remove(step) as partial:
            remove_leftover(partial)
            partial.mkdir(parents=True)
            input_checkpoint.write(str(partial / "input"))
            (partial / STATE).write_text(seal_json(state), encoding="utf-8")
        if self._pool is None:
            self._finish(step, parts)
        else:
            copies = {name: copy_arrays(arrays) for name, arrays in parts.items()}
            self._writing = self._pool.submit(self._finish, step, copies)
        return Checkpoint(self.directory / f"{step:08d}", step)

    def _finish(self, step: int, parts: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the arrays of a checkpoint that lacks nothing else, and let it take its place."""
        start, final = time.monotonic(), self.directory / f"{step:08d}"
        with self._complete_or_remove(step) as partial:
            for name, arrays in parts.items():
                write_arrays(partial / name, arrays, self._refuse_not_finite)
            write_manifest(partial, except_for=STATE)
            sync_folder(partial)
            for name, arrays in parts.items() if self.verifies else ():
                check_written(partial / name, arrays)
            size = sum(path.stat().st_size for path in partial.iterdir())
            remove_folder(final)
            partial.rename(final)
            sync_folder(self.directory)
        self._remove_old()
        self._written.append((step, {"seconds": time.monotonic() - start, "bytes": size}))

    def close(self) -> None:
        """Wait for what is written in the background.

        Raises:
            UserError: It could not be written.
        """
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def collect_written(self) -> list[tuple[int, dict[str, float]]]:
        """Return the steps of the checkpoints that have become whole since the last time.

        Each with the "seconds" of writing and its "bytes"; nothing is waited for.
        """
        if self._writing is not None and self._writing.done():
            self.close()
        written, self._written = self._written, []
        return written

    @contextlib.contextmanager
    def _complete_or_remove(self, step: int) -> Iterator[Path]:
        """Give the folder of an unfinished checkpoint; after an error it is removed."""
        partial = self.directory / f"{step:08d}.incomplete"
        try:
            yield partial
        except Exception as error:
            shutil.rmtree(partial, ignore_errors=True)
            if not (isinstance(error, OSError) or is_full_disk(error)):
                raise
            last = self.find_latest()
            kept = f"The last good checkpoint stays: {last.path}." if last else "None exists yet."
            raise UserError(
                f"The checkpoint of step {step} could not be written to {self.directory}: "
                f"{shorten_message(error)}. {kept} Free some space and repeat the command to go "
                "on from there."
            ) from error

    def replace_state(self, step: int, state: Mapping[str, Any]) -> None:
        """Write the loop's state of a checkpoint anew; its `best_step` says what is kept.

        Args:
            step: Of a checkpoint that is complete.
            state: As for `save`.
        """
        self.close()
        path = self.directory / f"{step:08d}" / STATE
        write_text_atomically(path, seal_json(state))
        sync_folder(path.parent)
        self._remove_old()

    def _remove_old(self) -> None:
        best = self.find_best()
        for checkpoint in self.list_checkpoints()[: -self.keep]:
            if best is None or checkpoint.step != best.step:
                _try_to_remove(remove_folder, checkpoint.path)
        for leftover in self.directory.glob("*.incomplete"):  # of a run that was killed
            _try_to_remove(remove_leftover, leftover)

    def _refuse_not_finite(self, name: str, array: np.ndarray[Any, Any]) -> None:
        """Refuse to keep what has diverged: nobody can go on from it."""
        if is_finite(array):
            return
        last = self.find_latest()
        kept = f"the last good checkpoint stays: {last.path}" if last else "there is none yet"
        raise UserError(
            f"The training has diverged: {name!r} is not finite. No checkpoint of it is kept, "
            f"{kept}",
            fix="Lower optimizer.learning_rate, or raise optimizer.warmup_steps.",
        )


def _try_to_remove(remove: Callable[[Path], None], path: Path) -> None:
    """Remove what nobody needs; where that cannot be done, as of open files on NFS, it is told."""
    try:
        remove(path)
    except OSError as error:
        warn_once(f"{path} is not needed any more, and cannot be removed: {error.strerror}.")


def find_checkpoint(run_dir: Path, checkpoint_path: str | Path | None = None) -> Checkpoint:
    """Find the checkpoint to read: the one named, else the best, else the newest.

    Args:
        run_dir: The run's folder.
        checkpoint_path: A checkpoint's folder; empty: none is named.

    Raises:
        UserError: There is none.

    Example:
        >>> find_checkpoint(Path("demo/run")).step
        4
    """
    if checkpoint_path:
        path = Path(checkpoint_path)
        if not (path.name.isdigit() and (path / STATE).exists()):
            raise UserError(
                "No checkpoint at the path given. Expected a folder such as "
                f"{run_dir / 'checkpoints' / '00001000'}. Received: checkpoint_path={path}."
            )
        return Checkpoint(path, int(path.name))
    store = CheckpointStore(run_dir)
    found = store.find_best() or store.find_latest()
    if found is None:
        raise UserError(
            f"No checkpoint in {store.directory}. Train first: t2t-trainer --output_dir={run_dir} "
            f"--problems=... --data_dir=.... Received: output_dir={run_dir}."
        )
    return found
