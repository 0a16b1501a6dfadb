"""What a model needs to know of a problem: which nets, which command."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from t2t_mm import registry
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.kinds.kind_table import (
    choose_kind,
    feature_from_json,
    feature_to_json,
    name_vocabulary,
)
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.data.vocabulary.vocabulary import load_vocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import Feature
from t2t_mm.model.build import ModalitySpec, build_multimodel
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.run.device_memory import tell_exhaustion
from t2t_mm.run.sharing import name_net
from t2t_mm.settings import HParams

GraphKey = tuple[str, str, bool]
"""The input net, the target net, and whether batches have "inputs_size"."""


@dataclasses.dataclass(frozen=True)
class Task:
    """A problem as the model sees it: all that decoding needs, so that it imports no user code.

    Args:
        name: The problem's name.
        inputs: Declared feature of the inputs.
        targets: Declared feature of the targets.
        command: Name of the command embedding (the target space); "" where the targets are made
            from the encoder's output and no decoder is told what to do.
        command_index: Its row in the model's table.
        metrics: Names of the decoded metrics.
        nets: Share keys of the nets that read the inputs and write the targets.
        problem_index: Its place among the run's problems.
        data_name: Name of the data that it reads: its own, or that of the problem it reverses.
    """

    name: str
    inputs: Feature
    targets: Feature
    command: str
    command_index: int
    metrics: tuple[str, ...] = dataclasses.field(compare=False)  # no part of training
    nets: tuple[str, str] = dataclasses.field(compare=False)  # a run keeps those it began with
    problem_index: int = dataclasses.field(default=0, compare=False)  # older runs have none
    data_name: str = dataclasses.field(default="", compare=False)  # nor this

    @property
    def signature(self) -> tuple[str, str]:
        """The nets that a step of this task runs through: (input net, target net)."""
        return self.nets

    def make_graph_key(self, batch: Mapping[str, Any]) -> GraphKey:
        """Return what graphs for batches as this one are kept by: tasks that share it share them.

        Where a kind of a user's own declares lengths, one problem of an input net may give sizes
        and another none; a graph takes what it was traced with.
        """
        return (*self.signature, "inputs_size" in batch)

    def describe(self) -> str:
        """Return what goes in and out, as "image to language"."""
        return f"{self.inputs.modality} to {self.targets.modality}"

    def indices(self) -> dict[str, np.int32]:
        """Return what the model's call asks for beside a batch: "command" and "problem"."""
        return {"command": np.int32(self.command_index), "problem": np.int32(self.problem_index)}

    def to_json(self) -> dict[str, Any]:
        """Return the record that a run directory keeps."""
        sides = {"inputs": feature_to_json(self.inputs), "targets": feature_to_json(self.targets)}
        return vars(self) | sides

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Task:
        """Read the record that `to_json` gave; one of 0.1.0 names no nets, it had a rule."""
        sides = {side: feature_from_json(record[side]) for side in ("inputs", "targets")}
        nets = record.get("nets") or [choose_kind(s).share_key_of_0_1_0 for s in sides.values()]
        return cls(**{**record, **sides, "metrics": tuple(record["metrics"]), "nets": tuple(nets)})


def make_tasks(problems: Sequence[Problem], share: bool = True) -> list[Task]:
    """Make the tasks of problems; those with the same target space share a command.

    Args:
        problems: In the run's order.
        share: Whether they share nets, see `name_net`.

    Raises:
        UserError: A problem has no inputs or no targets, or of a kind that no net reads or writes.

    Example:
        >>> tasks = make_tasks([registry.problem(name) for name in ("mini_ende", "mini_fren")])
        >>> [(task.command, task.command_index) for task in tasks]
        [('de', 0), ('en', 1)]
    """
    for problem in problems:
        check_sides(problem)
        _warn_of_idle_fields(problem)
    return number_tasks(
        [
            Task(
                name=problem.name,
                inputs=problem.features["inputs"],
                targets=_check_targets(problem),
                command=_name_command(problem),
                command_index=0,
                metrics=tuple(problem.metrics),
                nets=(name_net(problem, "inputs", share), name_net(problem, "targets", share)),
                data_name=problem.data_name,
            )
            for problem in problems
        ]
    )


def check_sides(problem: Problem) -> None:
    """Check that a problem says what a model reads and what it writes.

    Raises:
        UserError: It does not.
    """
    if missing := [side for side in ("inputs", "targets") if side not in problem.features]:
        raise UserError(
            f"Problem {problem.name!r} declares no {' and no '.join(missing)}",
            expected='modalities = {"inputs": ..., "targets": ...}',
            received={"modalities": ", ".join(problem.features) or "none"},
        )


def number_tasks(tasks: Sequence[Task]) -> list[Task]:
    """Give tasks and their commands numbers, in their order."""
    commands = list(dict.fromkeys(task.command for task in tasks if task.command))
    return [
        dataclasses.replace(
            task,
            command_index=commands.index(task.command) if task.command else 0,
            problem_index=index,
        )
        for index, task in enumerate(tasks)
    ]


def adopt_tasks(tasks: Sequence[Task], earlier: Sequence[Task]) -> list[Task]:
    """Give tasks that another run has its nets, under whose names its weights are.

    Args:
        tasks: Those of a new run, as declared.
        earlier: Those of the other.

    Raises:
        UserError: One declares other features, or another command, than it had.
    """
    by_name = {task.name: task for task in earlier}
    adopted = []
    for task in tasks:
        old = by_name.get(task.name, task)
        had, has = ((one.inputs, one.targets, one.command) for one in (old, task))
        if had != has:
            raise UserError(
                f"Problem {task.name} is not declared as the run was trained on it",
                expected=f"{had}",
                received={"declared": has},
            )
        adopted.append(dataclasses.replace(task, nets=old.nets))
    return adopted


def _warn_of_idle_fields(problem: Problem) -> None:
    """Tell what a problem declares for nothing; an error would stop runs that are there."""
    for side, feature in problem.features.items():
        if idle := feature.idle_field:
            warn_once(
                f"Problem {problem.name}: {idle} of its {side} counts for nothing beside the other "
                f"fields of {feature}"
            )


def _name_command(problem: Problem) -> str:
    """Return the name of a problem's command; empty where no decoder is told what to do."""
    net = registry.modality(problem.features["targets"].modality)
    return "" if net.reads_encoder else problem.command_name


def _check_targets(problem: Problem) -> Feature:
    """Return a problem's targets after checking that some net writes them."""
    feature = problem.features["targets"]
    if not name_vocabulary(feature):
        raise UserError(
            f"Problem {problem.name!r} declares targets of modality {feature.modality!r}",
            expected="text (Language) or a class (Categorical), or what else has a vocabulary",
            received={"targets": feature},
        )
    return feature


def differ_in_sharing(tasks: Sequence[Task], others: Sequence[Task]) -> bool:
    """Return whether the nets of tasks are shared otherwise than those of others.

    Args:
        tasks: Those of a run.
        others: The same problems in the same order; their nets may have other names.
    """

    def number_nets(some: Sequence[Task]) -> list[int]:
        names = [name for task in some for name in task.nets]
        return [names.index(name) for name in names]

    return number_nets(tasks) != number_nets(others)


def load_task_vocabularies(tasks: Sequence[Task], directory: Path) -> dict[str, Vocabulary]:
    """Load the vocabularies of tasks by name.

    Args:
        tasks: Whose inputs and targets are looked at.
        directory: Where the vocabularies lie: a data_dir or a run.
    """
    features = (feature for task in tasks for feature in (task.inputs, task.targets))
    names = dict.fromkeys(filter(None, map(name_vocabulary, features)))
    return {name: load_vocabulary(directory, name) for name in names}


@tell_exhaustion("Choose a smaller --hparams_set, or lower model.width.")
def build_model(
    tasks: Sequence[Task],
    vocabularies: Mapping[str, Vocabulary],
    hparams: HParams,
    num_problems: int = 0,
) -> MultiModel:
    """Build the MultiModel that runs `tasks`: one net for each share key, one body for all.

    Args:
        tasks: The run's tasks, or some of them.
        vocabularies: Those that the tasks use, by name.
        hparams: The run's settings.
        num_problems: Those of the run, where these are only some of them; 0: as many as tasks.

    Raises:
        UserError: Two problems share a net but not its classes.
    """
    _check_same_classes(tasks, vocabularies)
    commands = [""] * (1 + max(task.command_index for task in tasks))
    for task in tasks:
        commands[task.command_index] = task.command or commands[task.command_index]
    return build_multimodel(
        hparams.model,
        experts=hparams.experts,
        nets=hparams.modality,
        inputs={task.nets[0]: _make_spec(task.inputs, vocabularies) for task in tasks},
        targets={task.nets[1]: _make_spec(task.targets, vocabularies) for task in tasks},
        commands=commands,
        num_problems=num_problems or len(tasks),
        seed=hparams.train.seed,
    )


def _check_same_classes(tasks: Sequence[Task], vocabularies: Mapping[str, Vocabulary]) -> None:
    """Refuse features that share a net but mean different things by its outputs."""
    first: dict[str, tuple[str, Vocabulary]] = {}
    for task in tasks:
        for key, feature in zip(task.nets, (task.inputs, task.targets), strict=True):
            if not name_vocabulary(feature):
                continue
            vocabulary = vocabularies[name_vocabulary(feature)]
            other_task, other = first.setdefault(key, (task.name, vocabulary))
            if other.hash != vocabulary.hash:
                raise UserError(
                    f"Problems {other_task} and {task.name} share the net {key!r}, but not its "
                    "classes",
                    expected=f"the {other.size} classes of {other.name!r}, in the same order",
                    received={"classes": f"the {vocabulary.size} of {vocabulary.name!r}"},
                    fix="Declare another share= in one of them, or none.",
                )


def _make_spec(feature: Feature, vocabularies: Mapping[str, Vocabulary]) -> ModalitySpec:
    name = name_vocabulary(feature)
    return ModalitySpec(feature, vocabularies[name].size if name else 0)
