"""Averages of a run's last checkpoints, as a run of their own.

The weights of the last steps of training move around a point that is often better than any of
them: their mean is near it.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm.errors import UserError
from t2t_mm.files.atomic_writes import write_bytes_atomically, write_text_atomically
from t2t_mm.files.disk import (
    claim_folder,
    remove_folder,
    remove_leftover,
    report_full_disk,
    sync_folder,
)
from t2t_mm.files.sealed_json import read_sealed, seal_json
from t2t_mm.run.checkpoint import STATE, WEIGHTS, Checkpoint, CheckpointStore
from t2t_mm.run.manifest import MANIFEST, DamagedFileError, write_manifest
from t2t_mm.run.run_directory import open_run
from t2t_mm.run.run_settings import read_settings
from t2t_mm.run.written_arrays import open_arrays, write_arrays
from t2t_mm.settings.differences import list_resume_differences


@dataclass(frozen=True)
class AveragedCheckpoint(Checkpoint):
    """An average on disk.

    Args:
        steps: Of the checkpoints in it, the newest last.
    """

    steps: tuple[int, ...]


def average_checkpoints(
    model_dir: str | Path, output_dir: str | Path, *, n: int = 8, min_steps: int = 0
) -> list[AveragedCheckpoint]:
    """Average the last checkpoints of a run, for each of its checkpoints that has enough before it.

    The Python form of `t2t-avg-all`. What is written is a run that scores, decodes and exports as
    any other, with the settings and vocabularies of the first. Beside the mean weights a
    checkpoint has all else of the newest one that it is of; numbers that are counted, such as
    states of seeds, are the newest's, too. Where a trainer beside it removes a checkpoint before
    its turn, those that are left are averaged.

    Args:
        model_dir: The run that is averaged.
        output_dir: The run that is written; averages that are there are kept.
        n: Checkpoints in an average; where the run has fewer, all of them. A best checkpoint that
            is older than the last ones that the run keeps is none of them.
        min_steps: Earlier checkpoints are left out.

    Returns:
        The averages, each under the step of the newest checkpoint in it.

    Raises:
        UserError: There are no checkpoints, none are to be averaged, or what is in the folder is of
            another run.

    Example:
        >>> [(one.step, one.steps) for one in average_checkpoints("demo/run", "averaged", n=2)]
        [(4, (4,))]

    Source: Vaswani et al. 2017, arXiv:1706.03762, section 6.1.
    """
    source, target = Path(model_dir), Path(output_dir)
    if n < 1:
        raise UserError("An average is of one checkpoint at least", received={"n": n})
    if not (windows := _list_windows(source, n, min_steps)):
        raise UserError(
            "There is no checkpoint to average",
            received={"model_dir": str(source), "min_steps": min_steps},
        )
    written: list[AveragedCheckpoint] = []
    with claim_folder(target, "averages"), report_full_disk(target, "what is whole is kept"):
        _copy_description(source, target)
        directory = CheckpointStore(target).directory
        while windows:
            try:
                written.append(_write_average(windows[0], directory))
            except (DamagedFileError, OSError):
                remove_leftover(directory / f"{windows[0][-1].path.name}.incomplete")
                left = _list_windows(source, n, min_steps)
                if not left or all(one.path.exists() for one in windows[0]):
                    raise
                done = written[-1].step if written else -1
                windows = [window for window in left if window[-1].step > done]
            else:
                windows = windows[1:]
    return written


def _list_windows(model_dir: Path, n: int, min_steps: int) -> list[list[Checkpoint]]:
    """List what is averaged: n checkpoints each, or all of fewer."""
    found = list_last(model_dir, min_steps)
    n = min(n, len(found))
    return [found[end - n : end] for end in range(n, len(found) + 1)] if found else []


def list_last(model_dir: Path, min_steps: int = 0) -> list[Checkpoint]:
    """List the checkpoints that a run has one after the other, up to its newest.

    One that is kept only since it is the best may be of long before.

    Args:
        model_dir: The run.
        min_steps: Earlier ones are left out.

    Example:
        >>> [one.step for one in list_last(Path("demo/run"))]
        [4]
    """
    store, keep = CheckpointStore(model_dir), open_run(model_dir).hparams.train.keep_checkpoint_max
    found, best = store.list_checkpoints(), store.find_best()
    is_old = best is not None and (best not in found[-keep:] or _lies_alone(best, found))
    return [one for one in found if one.step >= min_steps and not (is_old and one == best)]


def _lies_alone(best: Checkpoint, found: Sequence[Checkpoint]) -> bool:
    """Return whether the best one is left of before, if more are kept now than were then."""
    gaps = [after.step - before.step for before, after in itertools.pairwise(found)]
    return best == found[0] and len(gaps) > 1 and gaps[0] > 2 * max(gaps[1:])


def _copy_description(source: Path, target: Path) -> None:
    """Copy what a run's folder says of it, `run.json` last."""
    if source.resolve() == target.resolve():
        raise UserError(
            "Averages need a folder of their own",
            received={"model_dir": str(source), "output_dir": str(target)},
        )
    there = target / "run.json"
    if there.exists() and (
        _read_identity(there) != _read_identity(source / "run.json")
        or list_resume_differences(read_settings(target), read_settings(source))
    ):
        raise UserError(
            f"{target} holds another run",
            received={"output_dir": str(target)},
            fix="Name another --output_dir.",
        )
    for path in sorted((source / "vocab").glob("*")):
        write_bytes_atomically(target / "vocab" / path.name, _read(path))
    for name in ("environment.json", "hparams.json", "run.json"):
        if (source / name).is_file():
            write_bytes_atomically(target / name, (source / name).read_bytes())


def _read_identity(description: Path) -> dict[str, Any]:
    """Read of a `run.json` what does not change when the run goes on elsewhere."""
    record = read_sealed(description)
    elsewhere = ("backend", "data_dir", "user_modules", "signature")
    return {name: value for name, value in record.items() if name not in elsewhere}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:  # a folder in its place, a link to nowhere
        raise UserError(
            f"{path} is damaged: {error.strerror}", fix="Restore it from a copy."
        ) from error


def _write_average(averaged: Sequence[Checkpoint], directory: Path) -> AveragedCheckpoint:
    newest = averaged[-1]
    newest.check()  # all of it is copied, and gets a manifest of its own
    final, partial = directory / newest.path.name, directory / f"{newest.path.name}.incomplete"
    remove_leftover(partial)
    unwanted = shutil.ignore_patterns(WEIGHTS, MANIFEST, STATE)
    shutil.copytree(newest.path, partial, ignore=unwanted, ignore_dangling_symlinks=True)
    state = newest.read_state() | {"best": None, "best_step": -1}  # of no average
    write_text_atomically(partial / STATE, seal_json(state))
    with _open_all(averaged) as archives:
        means = {name: _Mean(name, archives) for name in archives[-1]}
        write_arrays(partial / WEIGHTS, means)
    write_manifest(partial, except_for=STATE)
    sync_folder(partial)
    remove_folder(final)
    partial.rename(final)
    sync_folder(directory)
    return AveragedCheckpoint(final, newest.step, tuple(one.step for one in averaged))


@contextlib.contextmanager
def _open_all(checkpoints: Sequence[Checkpoint]) -> Iterator[list[Any]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(open_arrays(one.path / WEIGHTS)) for one in checkpoints]


class _Mean:
    """The mean of an array of several archives, computed when it is written: one at a time."""

    def __init__(self, name: str, archives: Sequence[Any]) -> None:
        self.name = name
        self.archives = archives

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        newest = self.archives[-1][self.name]
        if not np.issubdtype(newest.dtype, np.floating):
            return np.array(newest, dtype)
        total = np.zeros(newest.shape, np.float64)
        for archive in self.archives:
            total += archive[self.name]
        return np.array(total / len(self.archives), dtype or newest.dtype)
