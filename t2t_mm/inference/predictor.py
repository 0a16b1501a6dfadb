"""A trained run as Python functions: `t2t_mm.load(output_dir)["mini_ende"]("...")`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from t2t_mm.data.kinds.kind_table import choose_kind
from t2t_mm.errors import UserError
from t2t_mm.inference.batch_decoder import BatchDecoder, Output
from t2t_mm.inference.inner_view import NOTHING, Inspection
from t2t_mm.inference.teacher_forcing import TeacherForcing
from t2t_mm.inference.user_inputs import batch_inputs, batch_pairs, check_files
from t2t_mm.inference.windows import Batches, Out, Skip, run_in_windows
from t2t_mm.run.restore import RestoredModel, restore_model
from t2t_mm.run.run_directory import Run, open_run
from t2t_mm.run.task import Task


class Predictor:
    """One problem of a loaded run: text, a picture or a sound in; text or a class out.

    Args:
        task: The problem.
        restored: Model and vocabularies, shared by all predictors of a run.
        decoder: Shared too, so that problems of one signature share its trace.
        forcing: Shared as well.
        batch_size: Examples decoded at once.
    """

    def __init__(
        self,
        task: Task,
        restored: RestoredModel,
        decoder: BatchDecoder,
        forcing: TeacherForcing,
        *,
        batch_size: int,
    ) -> None:
        self.task = task
        self.batch_size = batch_size
        self._restored = restored
        self._decoder = decoder
        self._forcing = forcing

    def __call__(self, inputs: Any) -> Any:
        """Decode one input, or a list (or tuple) of them in order.

        Args:
            inputs: A text; a picture as path, bytes of a file or uint8[height, width, channels];
                a sound as path, samples, or `(samples, rate in Hz)`; or a list of such.

        Returns:
            str, or list[str]; an empty text gives an empty text.
        """
        if self._is_list(inputs):
            return list(self.decode_each(inputs))
        return next(self.decode_each([inputs]))

    def rank(self, inputs: Any) -> tuple[str, ...]:
        """Return the names of the most probable classes of one input, best first.

        Nothing where the problem's targets are text.
        """
        return next(self._decode_inputs([inputs])).ranking

    def score(self, inputs: Any, targets: Any) -> Any:
        """Return the log-probability of the target of one input, or of each of a list.

        Args:
            inputs: As `__call__` takes them.
            targets: A text, or the name or id of a class; as many as inputs.

        Returns:
            float, or list[float], in nats: of a text the sum over its symbols, the end of the
            sequence included, each with those before it given; nan for an empty input, which is
            not decoded either.

        Raises:
            UserError: A class or a file is not there, or the lists differ in length.
        """
        return self._of_pairs(inputs, targets, self.score_each)

    def attention(self, inputs: Any, targets: Any = None) -> Any:
        """Return how much each symbol of a target looks at each position of its input.

        Args:
            inputs: As `__call__` takes them.
            targets: As `score` takes them; by default what the model makes of the inputs.

        Returns:
            An `Attention`, or a list of them.
        """
        return self._of_pairs(
            inputs, targets, lambda pairs: (one.attention for one in self.inspect_each(pairs))
        )

    def experts(self, inputs: Any, targets: Any = None) -> Any:
        """Return which experts serve each position, and with which gates.

        Args:
            inputs: As `__call__` takes them.
            targets: As `attention` takes them.

        Returns:
            A mapping from the mixtures, "encoder" and "decoder", to `ExpertChoices`; or a list of
            such.
        """
        return self._of_pairs(
            inputs, targets, lambda pairs: (one.experts for one in self.inspect_each(pairs))
        )

    def __repr__(self) -> str:
        return f"<predictor of {self.task.name}: {self.task.describe()}>"

    def decode_each(self, inputs: Iterable[Any], skip: Skip | None = None) -> Iterator[str]:
        """Decode inputs and yield the texts in their order, each as soon as it is there.

        No more inputs are looked at, prepared and in memory than those of a few batches, however
        many there are.

        Args:
            inputs: As `__call__` takes them; an empty one gives an empty output.
            skip: Is given the place of an input that cannot be read, counted from 0, and why; its
                output is empty. Without it that is raised.
        """
        return (output.text for output in self._decode_inputs(inputs, skip))

    def score_each(
        self, pairs: Iterable[tuple[Any, Any]], skip: Skip | None = None
    ) -> Iterator[float]:
        """Score pairs of an input and a target, and yield in their order as `decode_each` does."""
        sides = (self.task.inputs, self.task.targets)
        return self._run_each(pairs, batch_pairs, sides, self._forcing.score, math.nan, skip)

    def inspect_each(self, pairs: Iterable[tuple[Any, Any]]) -> Iterator[Inspection]:
        """Look at attention and experts of pairs of an input and a target in one pass."""
        sides = (self.task.inputs, self.task.targets)
        return self._run_each(pairs, batch_pairs, sides, self._forcing.inspect, NOTHING)

    def _is_list(self, inputs: Any) -> bool:
        """Return whether there are several inputs; their files are looked for."""
        is_one = choose_kind(self.task.inputs).is_one_input(inputs)
        if is_one or not isinstance(inputs, list | tuple):
            return False
        check_files(inputs, self.task.inputs)
        return True

    def _of_pairs(
        self, inputs: Any, targets: Any, run: Callable[[Iterable[tuple[Any, Any]]], Iterator[Any]]
    ) -> Any:
        targets = self(inputs) if targets is None else targets
        if not self._is_list(inputs):
            return next(run([(inputs, targets)]))
        if not isinstance(targets, list | tuple) or len(targets) != len(inputs):
            raise UserError(
                "There are not as many targets as inputs",
                expected=f"a list of {len(inputs)}",
                received={"targets": targets},
            )
        return list(run(zip(inputs, targets, strict=True)))

    def _decode_inputs(self, inputs: Iterable[Any], skip: Skip | None = None) -> Iterator[Output]:
        side, empty = self.task.inputs, Output("")
        return self._run_each(inputs, batch_inputs, side, self._decoder, empty, skip)

    def _run_each(
        self,
        values: Iterable[Any],
        batch_values: Callable[..., Batches],
        features: Any,
        run: Callable[[Task, Mapping[str, Any]], Sequence[Out]],
        empty: Out,
        skip: Skip | None = None,
    ) -> Iterator[Out]:
        """Run batches of values, one at a time whatever the number of threads."""

        def make_batches(window: Sequence[Any], skip: Skip) -> Batches:
            vocabularies = self._restored.vocabularies
            return batch_values(window, features, vocabularies, self.batch_size, skip)

        def run_alone(batch: Mapping[str, Any]) -> Sequence[Out]:
            with self._restored.lock:
                return run(self.task, batch)

        return run_in_windows(
            values, make_batches, run_alone, batch_size=self.batch_size, empty=empty, skip=skip
        )


class LoadedRun(Mapping[str, Predictor]):
    """A mapping from the run's problem names to predictors; the model is in memory once."""

    def __init__(self, run: Run, restored: RestoredModel) -> None:
        self.run = run
        self.restored = restored
        self.decoder = BatchDecoder(
            restored.model, restored.vocabularies, run.hparams.decode.extra_length
        )
        self.forcing = TeacherForcing(restored.model, restored.vocabularies)

    def __getitem__(self, name: str) -> Predictor:
        """Return the predictor of the problem called `name`.

        Raises:
            UnknownTaskError: The run was not trained on it; a `UserError` and a `KeyError`.
        """
        task = self.run.task(name)
        batch_size = self.run.hparams.decode.batch_size
        return Predictor(task, self.restored, self.decoder, self.forcing, batch_size=batch_size)

    def __repr__(self) -> str:
        problems = ", ".join(f"{task.name} ({task.describe()})" for task in self.run.tasks)
        return f"<run {self.run.directory}, step {self.restored.step:,}: {problems}>"

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __iter__(self) -> Iterator[str]:
        return (task.name for task in self.run.tasks)

    def __len__(self) -> int:
        return len(self.run.tasks)


def load(
    output_dir: str | Path, checkpoint_path: str | Path = "", *, problems: Sequence[str] = ()
) -> LoadedRun:
    """Load a trained run: the best checkpoint, else the newest, or the one named.

    Args:
        output_dir: The run's folder; it is all that is needed, neither data nor user code.
        checkpoint_path: A folder under `output_dir/checkpoints`.
        problems: Names of those that are needed; nets that only others use are not loaded. Empty:
            all of the run.

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
    restored = restore_model(run, checkpoint_path, problems)
    tasks = [run.task(name) for name in problems] or run.tasks
    return LoadedRun(replace(run, tasks=tuple(tasks)), restored)
