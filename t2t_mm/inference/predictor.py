"""A trained run as Python functions: `t2t_mm.load(output_dir)["mini_ende"]("...")`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import overload

import numpy as np
from rich.console import Console
from rich.progress import track

from t2t_mm.data.vocabulary import EOS_ID
from t2t_mm.inference.search import GreedySearch
from t2t_mm.training.restore import RestoredModel, restore_model
from t2t_mm.training.run_directory import Run, open_run
from t2t_mm.training.task import Task


class Predictor:
    """One problem of a loaded run: text in, text out.

    Args:
        task: the problem.
        restored: model and vocabularies, shared by all predictors of a run.
        search: shared by the predictors of one signature, so they share its trace.
        batch_size: sentences decoded at once.
        extra_length: how much longer than its input an output may be, in symbols.
    """

    def __init__(
        self,
        task: Task,
        restored: RestoredModel,
        search: GreedySearch,
        *,
        batch_size: int,
        extra_length: int,
    ) -> None:
        self.task = task
        self.batch_size = batch_size
        self.extra_length = extra_length
        self._search = search
        self._input_vocabulary = restored.vocabularies[task.inputs.vocabulary]
        self._target_vocabulary = restored.vocabularies[task.targets.vocabulary]

    @overload
    def __call__(self, inputs: str) -> str: ...

    @overload
    def __call__(self, inputs: list[str] | tuple[str, ...]) -> list[str]: ...

    def __call__(self, inputs: str | list[str] | tuple[str, ...]) -> str | list[str]:
        """Decodes one text, or a list of texts in order; an empty text gives an empty text."""
        if isinstance(inputs, str):
            return self.decode_all([inputs])[0]
        return self.decode_all(inputs)

    def decode_all(self, texts: Sequence[str], show_progress: bool = False) -> list[str]:
        """Decodes `texts`, in batches of similar length, and returns them in their own order.

        Args:
            texts: inputs; an empty one gives an empty output.
            show_progress: a bar on standard error, if that is a terminal.
        """
        encoded = [[*self._input_vocabulary.encode(text), EOS_ID] for text in texts]
        order = [
            i for i in sorted(range(len(texts)), key=lambda i: len(encoded[i])) if texts[i].strip()
        ]
        outputs = [""] * len(texts)
        console = Console(stderr=True)
        for start in track(
            range(0, len(order), self.batch_size),
            description=self.task.name,
            console=console,
            transient=True,
            disable=not (show_progress and console.is_terminal),
        ):
            chosen = order[start : start + self.batch_size]
            length = max(len(encoded[i]) for i in chosen)
            batch = np.zeros([len(chosen), length], np.int32)
            for row, i in enumerate(chosen):
                batch[row, : len(encoded[i])] = encoded[i]
            found = self._search(
                batch, command_index=self.task.command_index, extra_length=self.extra_length
            )
            for row, i in enumerate(chosen):
                outputs[i] = self._target_vocabulary.decode(found[row].tolist())
        return outputs


class LoadedRun(Mapping[str, Predictor]):
    """A mapping from the run's problem names to predictors; the model is in memory once."""

    def __init__(self, run: Run, restored: RestoredModel) -> None:
        self.run = run
        self.restored = restored
        self._searches: dict[tuple[str, str], GreedySearch] = {}

    def __getitem__(self, name: str) -> Predictor:
        """The predictor of the problem called `name`.

        Raises:
            UnknownTaskError: the run was not trained on it; a `UserError` and a `KeyError`.
        """
        task = self.run.task(name)
        if task.signature not in self._searches:
            self._searches[task.signature] = GreedySearch(self.restored.model, *task.signature)
        return Predictor(
            task,
            self.restored,
            self._searches[task.signature],
            batch_size=self.run.hparams.decode.batch_size,
            extra_length=self.run.hparams.decode.extra_length,
        )

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __iter__(self) -> Iterator[str]:
        return (task.name for task in self.run.tasks)

    def __len__(self) -> int:
        return len(self.run.tasks)


def load(output_dir: str | Path, checkpoint_path: str | Path = "") -> LoadedRun:
    """Loads a trained run: the best checkpoint, else the newest, or the one named.

    Args:
        output_dir: the run's folder; it is all that is needed, neither data nor user code.
        checkpoint_path: a folder under `output_dir/checkpoints`.

    Returns:
        A mapping from problem names to functions from text to text.

    Raises:
        UserError: no run, no checkpoint, or they do not fit together.

    Example:
        >>> import t2t_mm
        >>> run = t2t_mm.load("demo/run")  # doctest: +SKIP
        >>> run["mini_ende"]("the red boat is left of two stars .")  # doctest: +SKIP
        'das rote Boot ist links von zwei Sternen .'
    """
    run = open_run(output_dir)
    return LoadedRun(run, restore_model(run, checkpoint_path))
