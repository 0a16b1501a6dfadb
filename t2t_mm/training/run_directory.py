"""A run's folder: its settings, tasks, vocabularies and environment, beside its checkpoints.

run_dir/
    hparams.json       the frozen settings
    run.json           tasks, data_dir, user modules, vocabulary hashes
    environment.json   versions, machine, seed, command line, revision
    vocab/             copies of the vocabularies: the folder can be moved and still decodes
    log.jsonl          one record a line; tensorboard/ the same for TensorBoard
    checkpoints/
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2t_mm.config import HParams, from_json, resume_differences, to_json
from t2t_mm.data.vocabulary import Vocabulary
from t2t_mm.errors import UserError, closest
from t2t_mm.training.checkpoint import write_text_atomically
from t2t_mm.training.task import Task


@dataclass(frozen=True)
class Run:
    """What a run directory says of itself.

    Args:
        directory: the run's folder.
        hparams: its settings.
        tasks: its problems as the model sees them.
        data_dir: where its data was.
        user_modules: what --t2t_usr_dir named, absolute where it was a path.
        vocabulary_hashes: hash of each vocabulary by name.
    """

    directory: Path
    hparams: HParams
    tasks: tuple[Task, ...]
    data_dir: str
    user_modules: tuple[str, ...]
    vocabulary_hashes: Mapping[str, str]

    def task(self, name: str) -> Task:
        """The task called `name`.

        Raises:
            UserError: the run was not trained on it.
        """
        names = [task.name for task in self.tasks]
        if name not in names:
            raise UserError(
                f"Problem {name!r} is not one of this run's.{closest(name, names)} "
                f"Expected one of {', '.join(names)}. Received: problem={name!r}."
            )
        return self.tasks[names.index(name)]


def open_run(directory: str | Path) -> Run:
    """Reads a run's own description.

    Raises:
        UserError: the folder holds no run.
    """
    directory = Path(directory)
    if not (directory / "run.json").exists() or not (directory / "hparams.json").exists():
        raise UserError(
            f"No run in {directory}. Expected a folder that t2t-trainer wrote (run.json, "
            f"hparams.json, checkpoints/). Received: output_dir={directory}."
        )
    record = json.loads((directory / "run.json").read_text(encoding="utf-8"))
    return Run(
        directory=directory,
        hparams=from_json((directory / "hparams.json").read_text(encoding="utf-8")),
        tasks=tuple(Task.from_json(task) for task in record["tasks"]),
        data_dir=record["data_dir"],
        user_modules=tuple(record["user_modules"]),
        vocabulary_hashes=record["vocabulary_hashes"],
    )


def write_run(run: Run, vocabularies: Mapping[str, Vocabulary], data_dir: Path) -> None:
    """Writes the run's description and copies its vocabularies; written last, `run.json`."""
    run.directory.mkdir(parents=True, exist_ok=True)
    for name in vocabularies:
        _copy_vocabulary(name, data_dir / "vocab", run.directory / "vocab")
    write_text_atomically(run.directory / "hparams.json", to_json(run.hparams))
    record = {
        "tasks": [task.to_json() for task in run.tasks],
        "data_dir": run.data_dir,
        "user_modules": list(run.user_modules),
        "vocabulary_hashes": dict(run.vocabulary_hashes),
    }
    write_text_atomically(run.directory / "run.json", json.dumps(record, indent=2) + "\n")


def _copy_vocabulary(name: str, source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in (source / f"{name}.model", source / f"{name}.json"):
        if path.exists():  # a vocabulary of bytes has no file
            shutil.copyfile(path, target / path.name)


def write_environment(directory: Path, environment: Mapping[str, Any]) -> None:
    """Writes `environment.json`; that of an earlier start is kept in its list `earlier`."""
    path = directory / "environment.json"
    earlier: list[Any] = []
    if path.exists():
        previous = json.loads(path.read_text(encoding="utf-8"))
        earlier = [*previous.pop("earlier", []), previous]
    write_text_atomically(path, json.dumps({**environment, "earlier": earlier}, indent=2) + "\n")


def check_resumable(run: Run, hparams: HParams, tasks: Sequence[Task]) -> None:
    """Checks that what is asked now continues the run in `run.directory`.

    Raises:
        UserError: settings or problems differ; the message lists each difference.
    """
    differences = resume_differences(run.hparams, hparams)
    had, asked = [task.name for task in run.tasks], [task.name for task in tasks]
    if had != asked:
        differences.append(f"problems: the run has {', '.join(had)}, asked for {', '.join(asked)}")
    if differences:
        raise UserError(
            f"{run.directory} holds a run of other settings:\n  "
            + "\n  ".join(differences)
            + "\nRepeat the run's own settings to go on with it, or name another --output_dir."
        )


def check_vocabularies(run: Run, vocabularies: Mapping[str, Vocabulary], where: Path) -> None:
    """Checks that the vocabularies at `where` are those that the run was trained with.

    Raises:
        UserError: one has another hash.
    """
    for name, vocabulary in vocabularies.items():
        expected = run.vocabulary_hashes.get(name, vocabulary.hash)
        if expected != vocabulary.hash:
            raise UserError(
                f"Vocabulary {name!r} in {where} is not the one that the checkpoints of "
                f"{run.directory} were trained with. Expected: hash {expected[:12]}. Received: "
                f"hash {vocabulary.hash[:12]}. Use the run's own data_dir ({run.data_dir}), or "
                "train a new run in another --output_dir."
            )
