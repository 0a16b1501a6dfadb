"""A trained run as Python functions: `t2t_mm.load(output_dir)["mini_ende"]("...")`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count, islice
from pathlib import Path
from typing import Any

from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.errors import UserError
from t2t_mm.inference.batch_decoder import BatchDecoder, Output
from t2t_mm.inference.user_inputs import batch_inputs, check_files
from t2t_mm.run.restore import RestoredModel, restore_model
from t2t_mm.run.run_directory import Run, open_run
from t2t_mm.run.task import Task

_BATCHES_TOGETHER = 8
"""Batches whose inputs are prepared together, so that those of similar size share one."""


class Predictor:
    """One problem of a loaded run: text, a picture or a sound in; text or a class out.

    Args:
        task: The problem.
        restored: Model and vocabularies, shared by all predictors of a run.
        decoder: Shared too, so that problems of one signature share its trace.
        batch_size: Examples decoded at once.
    """

    def __init__(
        self, task: Task, restored: RestoredModel, decoder: BatchDecoder, *, batch_size: int
    ) -> None:
        self.task = task
        self.batch_size = batch_size
        self._restored = restored
        self._decoder = decoder

    def __call__(self, inputs: Any) -> Any:
        """Decode one input, or a list (or tuple) of them in order.

        Args:
            inputs: A text; a picture as path, bytes of a file or uint8[height, width, channels];
                a sound as path, samples, or `(samples, rate in Hz)`; or a list of such.

        Returns:
            str, or list[str]; an empty text gives an empty text.
        """
        is_one = choose_kind(self.task.inputs).is_one_input(inputs)
        if isinstance(inputs, list | tuple) and not is_one:
            check_files(inputs, self.task.inputs)
            return list(self.decode_each(inputs))
        return next(self.decode_each([inputs]))

    def rank(self, inputs: Any) -> tuple[str, ...]:
        """Return the names of the most probable classes of one input, best first.

        Nothing where the problem's targets are text.
        """
        return next(self._decode_inputs([inputs])).ranking

    def __repr__(self) -> str:
        return f"<predictor of {self.task.name}: {self.task.describe()}>"

    def decode_each(
        self, inputs: Iterable[Any], skip: Callable[[int, UserError], None] | None = None
    ) -> Iterator[str]:
        """Decode inputs and yield the texts in their order, each as soon as it is there.

        No more inputs are looked at, prepared and in memory than those of a few batches, however
        many there are.

        Args:
            inputs: As `__call__` takes them; an empty one gives an empty output.
            skip: Is given the place of an input that cannot be read, counted from 0, and why; its
                output is empty. Without it that is raised.
        """
        return (output.text for output in self._decode_inputs(inputs, skip))

    def _decode_inputs(
        self, inputs: Iterable[Any], skip: Callable[[int, UserError], None] | None = None
    ) -> Iterator[Output]:
        rest, size = iter(inputs), _BATCHES_TOGETHER * self.batch_size
        for start in count(step=size):
            if not (window := list(islice(rest, size))):
                return

            def skip_in_window(place: int, error: UserError, start: int = start) -> None:
                if skip is None:
                    raise error
                skip(start + place, error)

            batches = batch_inputs(
                window,
                self.task.inputs,
                self._restored.vocabularies,
                self.batch_size,
                skip_in_window,
            )
            outputs = [Output("")] * len(window)
            for places, batch in batches:
                for place, output in zip(places, self._decoder(self.task, batch), strict=True):
                    outputs[place] = output
            yield from outputs


class LoadedRun(Mapping[str, Predictor]):
    """A mapping from the run's problem names to predictors; the model is in memory once."""

    def __init__(self, run: Run, restored: RestoredModel) -> None:
        self.run = run
        self.restored = restored
        self.decoder = BatchDecoder(
            restored.model, restored.vocabularies, run.hparams.decode.extra_length
        )

    def __getitem__(self, name: str) -> Predictor:
        """Return the predictor of the problem called `name`.

        Raises:
            UnknownTaskError: The run was not trained on it; a `UserError` and a `KeyError`.
        """
        task = self.run.task(name)
        return Predictor(
            task, self.restored, self.decoder, batch_size=self.run.hparams.decode.batch_size
        )

    def __repr__(self) -> str:
        problems = ", ".join(f"{task.name} ({task.describe()})" for task in self.run.tasks)
        return f"<run {self.run.directory}, step {self.restored.step:,}: {problems}>"

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __iter__(self) -> Iterator[str]:
        return (task.name for task in self.run.tasks)

    def __len__(self) -> int:
        return len(self.run.tasks)


def load(output_dir: str | Path, checkpoint_path: str | Path = "") -> LoadedRun:
    """Load a trained run: the best checkpoint, else the newest, or the one named.

    Args:
        output_dir: The run's folder; it is all that is needed, neither data nor user code.
        checkpoint_path: A folder under `output_dir/checkpoints`.

    Returns:
        A mapping from problem names to functions from inputs to outputs.

    Raises:
        UserError: No run, no checkpoint, or they do not fit together.

    Example:
        >>> run = load("demo/run")
        >>> list(run)
        ['mini_ende', 'mini_image']
        >>> run
        <run demo/run, step 4: mini_ende (language to language), mini_image (image to categorical)>
        >>> len(run["mini_ende"](["The red boat is below two stars.", "A tree."]))
        2
    """
    run = open_run(output_dir)
    return LoadedRun(run, restore_model(run, checkpoint_path))
