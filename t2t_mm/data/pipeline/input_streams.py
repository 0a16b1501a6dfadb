"""The training batches of several problems, and where in them a run is: saved and found again."""

from __future__ import annotations

import contextlib
import glob
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from t2t_mm.data.pipeline.tuning import leave_tuning_out
from t2t_mm.errors import UserError


class InputStreams:
    """Batches of each problem, one after the other, at positions that a checkpoint holds.

    Args:
        datasets: By problem, in the run's order.
        marks: By problem, what a position fits to beside the operations of its data set; a
            position with another mark fits not.

    Example:
        >>> import tempfile
        >>> streams = InputStreams({"a/b": tf.data.Dataset.range(5)})
        >>> saved = streams.make_checkpoint().write(tempfile.mkdtemp() + "/input")
        >>> int(streams.read("a/b")), int(streams.read("a/b"))
        (0, 1)
        >>> streams.restore(saved), int(streams.read("a/b"))
        ([], 0)
    """

    def __init__(
        self, datasets: Mapping[str, tf.data.Dataset], marks: Mapping[str, str] | None = None
    ) -> None:
        self._datasets = dict(datasets)
        self._iterators = {name: iter(leave_tuning_out(one)) for name, one in datasets.items()}
        # An attribute's name cannot hold "/"; the order of the problems is fixed in run.json.
        self._keys = {
            name: "_".join(filter(None, ("input", str(index), (marks or {}).get(name))))
            for index, name in enumerate(datasets)
        }

    def read(self, name: str) -> Any:
        """Return the next batch of a problem.

        Raises:
            UserError: Its data broke after it was checked.
        """
        try:
            return next(self._iterators[name])
        except (tf.errors.DataLossError, tf.errors.NotFoundError) as error:
            raise UserError(
                f"The data of problem {name} cannot be read any more: {_shorten(error)}",
                fix="The same command with --verify names the file and the line that makes it "
                "again; what was saved of the run is whole.",
            ) from error

    def make_checkpoint(self) -> tf.train.Checkpoint:
        """Make what writes the positions."""
        return tf.train.Checkpoint(**{self._keys[name]: it for name, it in self._iterators.items()})

    def restore(self, path: str) -> list[str]:
        """Go to positions that were written.

        Args:
            path: What `tf.train.Checkpoint.write` returned.

        Returns:
            The problems that begin a new pass over their data, since they are read in another way
            than when the position was written: with other limits, for example.
        """
        with _make_readable(path) as readable:
            return self._restore_from(readable, path)

    def _restore_from(self, readable: str, path: str) -> list[str]:
        try:
            # A missing or damaged file is no position that fits not.
            tf.train.load_checkpoint(readable)
        except (tf.errors.OpError, ValueError, RuntimeError) as error:
            raise _make_damaged_error(path, error) from error
        begun = []
        for name, dataset in self._datasets.items():
            untuned = leave_tuning_out(dataset)
            for way in (untuned, dataset):  # older positions were saved with tuning
                self._iterators[name] = iter(way)
                if self._find_position(name, readable, path):
                    break
            else:
                self._iterators[name] = iter(untuned)
                begun.append(name)
        return begun

    def _find_position(self, name: str, readable: str, path: str) -> bool:
        """Return whether a problem's iterator could go to its position in a checkpoint."""
        part = tf.train.Checkpoint(**{self._keys[name]: self._iterators[name]})
        try:
            part.read(readable).assert_existing_objects_matched()
        except (tf.errors.NotFoundError, AssertionError):  # it cannot be read any more
            return False
        except (tf.errors.OpError, ValueError) as error:
            raise _make_damaged_error(path, error) from error
        return True


@contextlib.contextmanager
def _make_readable(path: str) -> Iterator[str]:
    """Yield a name of the same files that TensorFlow reads, which takes some signs for patterns."""
    if not set(path) & set("*?[]\\"):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        for file in Path(path).parent.glob(f"{glob.escape(Path(path).name)}.*"):
            (Path(folder) / file.name).symlink_to(file.absolute())
        yield str(Path(folder) / Path(path).name)


def _make_damaged_error(path: str, error: Exception) -> UserError:
    return UserError(
        f"The positions in the training data, {path}.*, are damaged or missing: {_shorten(error)}",
        fix="Move this checkpoint's folder away, and the one before it is taken.",
    )


def _shorten(error: Exception) -> str:
    said = re.sub(r"\{\{.*?\}\} | \[Op:.*", "", str(error))  # names of nodes
    return said.strip().partition("\n")[0][:200]
