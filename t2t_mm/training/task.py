"""What a model needs to know of a problem: which nets, which command."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from t2t_mm import features
from t2t_mm.config import HParams
from t2t_mm.data.problem import Problem
from t2t_mm.data.vocabulary import Vocabulary, load_vocabulary
from t2t_mm.errors import UserError
from t2t_mm.model.build import ModalitySpec, build_multimodel
from t2t_mm.model.multimodel import MultiModel


@dataclasses.dataclass(frozen=True)
class Task:
    """A problem as the model sees it; all that decoding needs, so no user code is imported for it.

    Args:
        name: the problem's name.
        inputs: declared feature of the inputs.
        targets: declared feature of the targets.
        command: name of the command embedding (the target space).
        command_index: its row in the model's table.
        metrics: names of the decoded metrics.
    """

    name: str
    inputs: features.Language
    targets: features.Language
    command: str
    command_index: int
    metrics: tuple[str, ...]

    @property
    def signature(self) -> tuple[str, str]:
        """The nets that a step of this task runs through: (input net, target net)."""
        return (self.inputs.share_key, self.targets.share_key)

    def to_json(self) -> dict[str, Any]:
        """The record that a run directory keeps."""
        return {
            "name": self.name,
            "inputs": {"modality": self.inputs.modality, **dataclasses.asdict(self.inputs)},
            "targets": {"modality": self.targets.modality, **dataclasses.asdict(self.targets)},
            "command": self.command,
            "command_index": self.command_index,
            "metrics": list(self.metrics),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Task:
        """Reads :meth:`to_json`'s record."""
        return cls(
            name=record["name"],
            inputs=_language(record["inputs"]),
            targets=_language(record["targets"]),
            command=record["command"],
            command_index=record["command_index"],
            metrics=tuple(record["metrics"]),
        )


def _language(record: Mapping[str, Any]) -> features.Language:
    return features.Language(**{k: v for k, v in record.items() if k != "modality"})


def tasks_of(problems: Sequence[Problem]) -> list[Task]:
    """Lists the tasks of `problems`; problems with the same target space share a command.

    Raises:
        UserError: a problem declares a feature that no net of this version can read or write.
    """
    commands = list(dict.fromkeys(problem.command_name for problem in problems))
    return [
        Task(
            name=problem.name,
            inputs=_text_feature(problem, "inputs"),
            targets=_text_feature(problem, "targets"),
            command=problem.command_name,
            command_index=commands.index(problem.command_name),
            metrics=tuple(problem.metrics),
        )
        for problem in problems
    ]


def _text_feature(problem: Problem, side: str) -> features.Language:
    feature = problem.features[side]
    if not isinstance(feature, features.Language):
        raise UserError(
            f"Problem {problem.name!r} declares {side} of modality {feature.modality!r}",
            expected="text (Language), which is what this version's nets read and write",
            received={side: feature},
        )
    return feature


def vocabularies_of(tasks: Sequence[Task], directory: Path) -> dict[str, Vocabulary]:
    """Loads the vocabularies that `tasks` use from `directory` (a data_dir or a run)."""
    names = dict.fromkeys(
        feature.vocabulary for task in tasks for feature in (task.inputs, task.targets)
    )
    return {name: load_vocabulary(directory, name) for name in names}


def build_model(
    tasks: Sequence[Task], vocabularies: Mapping[str, Vocabulary], hparams: HParams
) -> MultiModel:
    """Builds the MultiModel that runs `tasks`: one net for each share key, one body for all."""

    def specs(side: str) -> dict[str, ModalitySpec]:
        declared = [getattr(task, side) for task in tasks]
        return {
            feature.share_key: ModalitySpec(feature, vocabularies[feature.vocabulary].size)
            for feature in declared
        }

    commands = [""] * (1 + max(task.command_index for task in tasks))
    for task in tasks:
        commands[task.command_index] = task.command
    return build_multimodel(
        hparams.model,
        inputs=specs("inputs"),
        targets=specs("targets"),
        commands=commands,
        seed=hparams.train.seed,
    )
