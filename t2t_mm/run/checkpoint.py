"""Checkpoints: a folder that appears whole or not at all.

run_dir/checkpoints/00001000/
    weights.npz      every variable of the model by path (seed generators included)
    optimizer.npz    moments and counts
    input.*          position of every problem's input pipeline
    state.json       step, counters, best score; read and written by the loop
"""

from __future__ import annotations

import contextlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.disk import is_full_disk, sync_folder
from t2t_mm.run.named_variables import assign_arrays

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
            UserError: The file is damaged.
        """
        path = self.path / STATE
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except json.JSONDecodeError as error:
            raise _make_damaged_error(path, error) from error


class CheckpointStore:
    """The checkpoints of one run.

    Args:
        run_dir: The run's folder.
        keep: How many of the newest to keep; the best one is kept besides.
    """

    def __init__(self, run_dir: Path, keep: int = 3) -> None:
        self.directory = run_dir / "checkpoints"
        self.keep = keep

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
        """Return the checkpoint that the newest one's state names as `best_step`, or `None`."""
        latest = self.find_latest()
        best_step = latest.read_state().get("best_step") if latest else None
        return next((c for c in self.list_checkpoints() if c.step == best_step), None)

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

        Args:
            step: Updates made.
            weights: The model's variables by path.
            optimizer: The optimizer's variables by name.
            input_checkpoint: `tf.train.Checkpoint` of the input iterators.
            state: What the loop keeps, anything that JSON can hold; the checkpoint that its
                `best_step` names is not removed.

        Raises:
            UserError: The disk is full or the folder cannot be written; what was there stays.
        """
        final = self.directory / f"{step:08d}"
        partial = self.directory / f"{step:08d}.incomplete"
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            write_arrays(partial / WEIGHTS, weights)
            write_arrays(partial / OPTIMIZER, optimizer)
            input_checkpoint.write(str(partial / "input"))
            (partial / STATE).write_text(_format_state(state), encoding="utf-8")
            sync_folder(partial)
            _remove_checkpoint(final)
            partial.rename(final)
            sync_folder(self.directory)
            self._remove_old()
        except Exception as error:
            shutil.rmtree(partial, ignore_errors=True)
            if not (isinstance(error, OSError) or is_full_disk(error)):
                raise
            last = self.find_latest()
            kept = f"The last good checkpoint stays: {last.path}." if last else "None exists yet."
            raise UserError(
                f"The checkpoint of step {step} could not be written to {self.directory}: "
                f"{_shorten_message(error)}. {kept} Free some space and repeat the command to go "
                "on from there."
            ) from error
        return Checkpoint(final, step)

    def replace_state(self, step: int, state: Mapping[str, Any]) -> None:
        """Write the loop's state of a checkpoint anew; its `best_step` says what is kept.

        Args:
            step: Of a checkpoint that is complete.
            state: As for `save`.
        """
        path = self.directory / f"{step:08d}" / STATE
        write_text_atomically(path, _format_state(state))
        self._remove_old()

    def _remove_old(self) -> None:
        best = self.find_best()
        for checkpoint in self.list_checkpoints()[: -self.keep]:
            if best is None or checkpoint.step != best.step:
                _remove_checkpoint(checkpoint.path)
        for leftover in self.directory.glob("*.incomplete"):  # of a run that was killed
            shutil.rmtree(leftover)


def _format_state(state: Mapping[str, Any]) -> str:
    return json.dumps(state, indent=2) + "\n"


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


def restore_variables(
    path: Path,
    variables: Mapping[str, Any],
    convert: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda arrays: arrays,
) -> None:
    """Assign the arrays of a file to variables.

    Args:
        path: An `.npz` archive, as `write_arrays` makes it.
        variables: Name in the archive -> variable.
        convert: Turns the arrays of earlier versions into today's.

    Raises:
        UserError: A variable is missing from the file or has another shape there.
    """
    with open_arrays(path) as saved:
        arrays = convert(saved)
        missing = sorted(set(variables) - set(arrays))
        if missing:
            raise UserError(
                f"{path} does not hold {len(missing)} of the model's variables, the first "
                f"{missing[0]!r}. The run was made with other settings or another version."
            )

        def read(name: str) -> Any:
            array, expected = arrays[name], tuple(variables[name].shape)
            if tuple(array.shape) != expected:
                raise UserError(
                    f"Variable {name!r} has shape {tuple(array.shape)} in {path}, the model "
                    f"expects {expected}: the settings or the vocabulary differ."
                )
            return array

        assign_arrays(variables, read)


@contextlib.contextmanager
def open_arrays(path: Path) -> Iterator[Any]:
    """Open an archive of arrays; a damaged one is an error that the user can read."""
    try:
        with np.load(path) as arrays:
            yield arrays
    except (zipfile.BadZipFile, EOFError, FileNotFoundError, zlib.error) as error:
        raise _make_damaged_error(path, error) from error


def _make_damaged_error(path: Path, error: Exception) -> UserError:
    return UserError(
        f"The checkpoint file {path} is damaged or missing: {_shorten_message(error)}",
        fix="Remove this checkpoint's folder, and the one before it is taken.",
    )


def write_arrays(path: Path, variables: Mapping[str, Any]) -> None:
    """Write variables to an `.npz` archive, each under its name, uncompressed.

    One after the other: `np.savez` wants all as arrays, a second copy of the model.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, variable in variables.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(variable), allow_pickle=False)


def _remove_checkpoint(path: Path) -> None:
    """Remove a checkpoint such that a kill in between leaves nothing that looks complete."""
    if path.exists():
        doomed = path.with_name(path.name + ".removed.incomplete")
        shutil.rmtree(doomed, ignore_errors=True)
        path.rename(doomed)
        shutil.rmtree(doomed)


def _shorten_message(error: Exception) -> str:
    """Return the first line of an error's message, cut to 200 letters."""
    return str(error).strip().splitlines()[0][:200]
