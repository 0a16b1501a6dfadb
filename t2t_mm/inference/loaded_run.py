"""A trained run as Python functions: `t2t_mm.load(output_dir)["mini_ende"]("...")`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from t2t_mm.inference.batch_decoder import BatchDecoder
from t2t_mm.inference.chosen_task import pair_tasks
from t2t_mm.inference.output_formats import is_tree_task
from t2t_mm.inference.predictor import Predictor
from t2t_mm.inference.teacher_forcing import TeacherForcing
from t2t_mm.run.restore import RestoredModel, restore_model
from t2t_mm.run.run_data import choose_tasks
from t2t_mm.run.run_directory import Run, open_run
from t2t_mm.run.task import Task
from t2t_mm.search.choose_search import (
    check_answers,
    check_search_counts,
    choose_decoding,
    make_constraints,
)
from t2t_mm.settings.decode_section import DecodeHParams


class LoadedRun(Mapping[str, Predictor]):
    """A mapping from the run's problem names to predictors; the model is in memory once."""

    def __init__(
        self,
        run: Run,
        restored: RestoredModel,
        decode: DecodeHParams | None = None,
        data_dir: str | Path = "",
    ) -> None:
        self.run = run
        self.restored = restored
        decode = decode or run.hparams.decode
        reads_data = decode.constrain == "trees" and any(map(is_tree_task, run.tasks))
        self._data_dir = run.find_data(data_dir) if reads_data else Path()
        self.decoder = BatchDecoder(restored.model, restored.vocabularies, decode)
        self._constrain(run.tasks)
        self.forcing = TeacherForcing(restored.model, restored.vocabularies)

    def __getitem__(self, name: str) -> Predictor:
        """Return the predictor of the problem called `name`.

        Raises:
            UnknownTaskError: The run was not trained on it; a `UserError` and a `KeyError`.
        """
        return self.make_predictor(self.run.task(name))

    def pair(self, inputs_of: str, command_of: str) -> Predictor:
        """Return a predictor that reads as one problem and writes as another.

        Nothing says that a run can do what it was not trained on; see `pair_tasks`.

        Args:
            inputs_of: Name of the problem whose inputs it takes.
            command_of: Name of the problem as whose targets it answers.

        Raises:
            UnknownTaskError: The run was not trained on one of them, or it is not loaded.
            UserError: The settings' rules for outputs cannot hold for a pair, as those of trees.

        Example:
            >>> import t2t_mm
            >>> t2t_mm.load("demo/run").pair("mini_image", "mini_ende")
            <predictor of mini_image to mini_ende: image to language>
        """
        pair = pair_tasks(self.run.task(inputs_of), self.run.task(command_of))
        if pair.name not in self.decoder.constraints:  # each has a search of its own
            self._constrain([pair])
        return self.make_predictor(pair)

    def make_predictor(self, task: Task) -> Predictor:
        """Return the predictor of a task whose nets are loaded."""
        batch_size = self.decoder.decode.batch_size
        return Predictor(
            task,
            self.restored,
            self.decoder,
            self.forcing,
            batch_size=batch_size,
            data=self.run.hparams.data,
        )

    def _constrain(self, tasks: Sequence[Task]) -> None:
        decode, vocabularies = self.decoder.decode, self.restored.vocabularies
        own = self.run.hparams.decode
        constraints = make_constraints(tasks, decode, own, vocabularies, self._data_dir)
        self.decoder.constraints.update(constraints)

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
    output_dir: str | Path,
    checkpoint_path: str | Path = "",
    *,
    problems: str | Sequence[str] = (),
    decode_hparams: str = "",
    data_dir: str | Path = "",
) -> LoadedRun:
    """Load a trained run: the best checkpoint, else the newest, or the one named.

    Args:
        output_dir: The run's folder; it is all that is needed, neither data nor user code.
        checkpoint_path: A folder under `output_dir/checkpoints`.
        problems: Names, globs and groups of those that are needed; nets that only others use are
            not loaded. Empty: all of the run.
        decode_hparams: How it decodes, as "beam_size=4,alpha=0.8"; otherwise as the run says.
        data_dir: Where its data is, for `constrain=trees` alone; the run's own by default.

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
    decode = choose_decoding(run, decode_hparams)
    tasks = choose_tasks(run, problems)
    return load_tasks(run, tasks, checkpoint_path, decode, data_dir)


def load_tasks(
    run: Run,
    tasks: Sequence[Task],
    checkpoint_path: str | Path = "",
    decode: DecodeHParams | None = None,
    data_dir: str | Path = "",
) -> LoadedRun:
    """Load what some tasks need of a run.

    Args:
        run: As its folder describes it.
        tasks: Its own, or what `choose_task` made of two.
        checkpoint_path: As `load` takes it.
        decode: How it decodes; by default as the run says.
        data_dir: As `load` takes it.

    Raises:
        UserError: As `load` does, or a change of how it decodes counts for nothing.
    """
    own = run.hparams.decode
    check_answers(decode or own, tasks)  # an error should be quick
    check_search_counts(decode or own, own, tasks)
    restored = restore_model(run, checkpoint_path, tasks)
    return LoadedRun(replace(run, tasks=tuple(tasks)), restored, decode, data_dir)
