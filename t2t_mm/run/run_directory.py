"""A run's folder: its settings, tasks, vocabularies and environment, beside its checkpoints.

run_dir/
    hparams.json       the frozen settings
    run.json           tasks, data_dir, user modules, vocabulary hashes, backend, mixture
    environment.json   versions, machine, seed, command line, revision
    vocab/             copies of the vocabularies: the folder can be moved and still decodes
    log.jsonl          one record a line; tensorboard/ the same for TensorBoard
    checkpoints/
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from t2t_mm import registry
from t2t_mm.data.declaring.reading_warnings import warn_once
from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.data.vocabulary.vocabulary import copy_vocabulary
from t2t_mm.errors import UserError, suggest_closest
from t2t_mm.files.atomic_writes import write_text_atomically
from t2t_mm.files.sealed_json import read_sealed, seal_json
from t2t_mm.registry.user_modules import list_entries
from t2t_mm.run.own_runs import is_signed_here, sign_places
from t2t_mm.run.run_record import check_types
from t2t_mm.run.task import Task
from t2t_mm.settings import HParams
from t2t_mm.settings.differences import list_resume_differences
from t2t_mm.settings.hparams_json import read_hparams, to_json


class UnknownTaskError(UserError, KeyError):
    """A run was asked for a problem that it was not trained on."""


@dataclass(frozen=True)
class Run:
    """What a run directory says of itself.

    Args:
        directory: The run's folder.
        hparams: Its settings.
        tasks: Its problems as the model sees them.
        data_dir: Where its data was.
        user_modules: What --t2t_usr_dir named, absolute where it was a path.
        vocabulary_hashes: Hash of each vocabulary by name.
        data_digests: Digest of each problem's generated data by name.
        backend: That of Keras on which it was last trained.
        warm_start: Of a run that began with the weights of another: the "run", its "step", and
            its "problems".
        mixture: What its `mixing.mixture.Mixture` is made of, fixed at the start; older runs keep
            none.
        signature: Of `data_dir` and `user_modules`, by the user who made the run.
    """

    directory: Path
    hparams: HParams
    tasks: tuple[Task, ...]
    data_dir: str
    user_modules: tuple[str, ...]
    vocabulary_hashes: Mapping[str, str]
    data_digests: Mapping[str, str]
    backend: str = "tensorflow"  # that of 0.1.0, which does not say
    warm_start: Mapping[str, Any] = field(default_factory=dict)
    mixture: Mapping[str, Any] = field(default_factory=dict)
    signature: str = field(default="", compare=False)

    @property
    def is_own(self) -> bool:
        """Whether this user has made the run, so that what it says of places can be followed."""
        return is_signed_here(self.signature, self.data_dir, self.user_modules)

    def find_data(self, given: str | Path = "") -> Path:
        """Return where the data is: as given, else as the run says if this user has made it.

        Raises:
            UserError: It has to be given.
        """
        if given or self.is_own:
            return Path(given or self.data_dir)
        raise UserError(
            f"{self.directory} was made elsewhere, or by an earlier version: where it says that "
            "its data is is not followed by itself",
            received={"data_dir of the run": self.data_dir},
            fix="Name the folder of the data: --data_dir=....",
        )

    def import_own_modules(self) -> None:
        """Import the modules of the run's problems if this user has made it; else say so.

        Where one is not there any more, its problems are read by what is stored of them.
        """
        if self.user_modules and self.is_own:
            try:
                registry.import_user_modules(list(self.user_modules))
            except UserError as error:
                warn_once(f"A module of {self.directory} is not imported: {error}")
        elif self.user_modules:
            warn_once(
                f"{self.directory} was made elsewhere, or by an earlier version: its modules "
                f"{', '.join(self.user_modules)} are not imported. If they are yours, name them by "
                "--t2t_usr_dir."
            )

    def __repr__(self) -> str:
        problems = ", ".join(f"{task.name} ({task.describe()})" for task in self.tasks)
        return f"<run {self.directory}: {problems}>"

    def task(self, name: str) -> Task:
        """Return the task called `name`.

        Raises:
            UnknownTaskError: The run was not trained on it.
        """
        names = [task.name for task in self.tasks]
        if name not in names:
            raise UnknownTaskError(
                f"Problem {name!r} is not one of this run's.{suggest_closest(name, names)}",
                expected=f"one of {', '.join(names)}",
                received={"problem": name},
            )
        return self.tasks[names.index(name)]


def open_run(directory: str | Path) -> Run:
    """Read what a run's folder says of the run.

    The user's modules are imported only where a problem's features are of a kind of their own.

    Raises:
        UserError: The folder holds no run, or its description is damaged; or a kind of features of
            the user's own cannot be imported from where it was.

    Example:
        >>> run = open_run("demo/run")
        >>> [task.name for task in run.tasks], run.hparams.model.width
        (['mini_ende', 'mini_image'], 8)
    """
    directory = Path(directory)
    if not (directory / "run.json").exists() or not (directory / "hparams.json").exists():
        raise UserError(
            f"No run in {directory}. Expected a folder that t2t-trainer wrote (run.json, "
            f"hparams.json, checkpoints/). Received: output_dir={directory}."
        )
    try:
        return _read_run(directory)
    except UserError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"The description of the run in {directory} is damaged or of another version: "
            f"{type(error).__name__}: {error}",
            fix="Restore run.json and hparams.json, or train in another --output_dir.",
        ) from error


def _read_run(directory: Path) -> Run:
    record = read_sealed(directory / "run.json")
    check_types(record)
    kinds = {task[side]["modality"] for task in record["tasks"] for side in ("inputs", "targets")}
    missing = sorted(kind for kind in kinds if kind not in registry.KINDS)
    if missing:
        places = record["data_dir"], record["user_modules"]
        if not is_signed_here(record.get("signature", ""), *places):
            raise UserError(
                f"{directory} has features of a kind of its maker's: {', '.join(missing)}",
                fix=f"Name the module that registers it, if you trust it: --t2t_usr_dir=... (the "
                f"run names {', '.join(record['user_modules']) or 'none'}).",
            )
        registry.import_user_modules(record["user_modules"])
    return Run(
        directory,
        read_hparams(directory / "hparams.json"),
        tasks=tuple(Task.from_json(task) for task in record.pop("tasks")),
        user_modules=tuple(record.pop("user_modules")),
        **record,
    )


def write_run(run: Run, vocabularies: Mapping[str, Vocabulary], data_dir: Path) -> None:
    """Write the run's description and copy its vocabularies; `run.json` is written last.

    Args:
        run: What is written, and where.
        vocabularies: Those that its tasks use, by name.
        data_dir: Where these lie.
    """
    run.directory.mkdir(parents=True, exist_ok=True)
    for name in vocabularies:
        copy_vocabulary(name, data_dir, run.directory)
    write_text_atomically(run.directory / "hparams.json", to_json(run.hparams))
    signature = sign_places(run.data_dir, run.user_modules)
    tasks = [task.to_json() for task in run.tasks]
    record = {**vars(run), "tasks": tasks, "signature": signature}
    del record["directory"], record["hparams"]
    write_text_atomically(run.directory / "run.json", seal_json(record))


def leave_mesh_out(run: Run) -> Run:
    """Return a run whose experts are on one device, which its checkpoints fit as well."""
    experts = replace(run.hparams.experts, mesh_shape="")
    return replace(run, hparams=replace(run.hparams, experts=experts))


def list_absolute(modules: str | Iterable[str]) -> list[str]:
    """List what --t2t_usr_dir named, each such that it is found from any folder.

    Example:
        >>> list_absolute(["tensorflow_datasets, my_problems_elsewhere"])
        ['tensorflow_datasets', 'my_problems_elsewhere']
    """
    parts = list_entries(modules)
    return [os.path.abspath(part) if os.path.exists(part) else part for part in parts]


def check_resumable(run: Run, asked: Run) -> None:
    """Check that what is asked now continues `run`.

    Args:
        run: As its folder describes it.
        asked: As the present call would describe it.

    Raises:
        UserError: Settings, problems or data differ; the message lists each difference.
    """
    differences = list_resume_differences(run.hparams, asked.hparams)
    had, names = ([task.name for task in one.tasks] for one in (run, asked))
    if had != names:
        differences.append(
            f"problems: run has {', '.join(had)}, asked for {', '.join(names)} (t2t-add-problem "
            "adds problems to what a run has learned, in a run of its own)"
        )
    else:
        changed = [old.name for old, new in zip(run.tasks, asked.tasks, strict=True) if old != new]
        differences += [f"problem {name}: its features or its command changed" for name in changed]
        differences += [
            f"problem {name}: its generated data is not what the run was trained on"
            for name in had
            if run.data_digests.get(name) != asked.data_digests[name]
        ]
    if run.mixture and not differences and not _is_same_mixture(run.mixture, asked.mixture):
        differences.append(f"mixture: run has {run.mixture}, asked for {asked.mixture}")
    if differences:
        raise UserError(
            f"{run.directory} holds a run of other settings:\n  "
            + "\n  ".join(differences)
            + "\nRepeat the run's own settings to go on with it, or name another --output_dir."
        )


def _is_same_mixture(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether mixtures are the same but for what another machine rounds otherwise."""
    had, asked = ({**mixture, "rates": None} for mixture in (one, other))
    return (
        had == asked
        and one["rates"].keys() == other["rates"].keys()
        and all(math.isclose(rate, other["rates"][name]) for name, rate in one["rates"].items())
    )


def keep_nets(run: Run, earlier: Run) -> Run:
    """Return `run` with nets and mixture of what it continues: its weights have the nets' names.

    Args:
        run: As the present call would describe it.
        earlier: As its folder describes it; its problems are the same.
    """
    tasks = (
        replace(task, nets=old.nets) for task, old in zip(run.tasks, earlier.tasks, strict=True)
    )
    mixture = earlier.mixture or run.mixture
    return replace(run, tasks=tuple(tasks), warm_start=earlier.warm_start, mixture=mixture)


def check_vocabularies(run: Run, vocabularies: Mapping[str, Vocabulary], where: Path) -> None:
    """Check that vocabularies are those that the run was trained with.

    Args:
        run: The run, with the hashes of its own.
        vocabularies: Those to check, by name.
        where: Where they lie, for the message.

    Raises:
        UserError: One has another hash.
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
