"""`find_problem`: the problem of a task, whether or not its class is there."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from t2t_mm import registry
from t2t_mm.data.declaring.own_folders import VERSION
from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import feature_from_json
from t2t_mm.data.records.stored import METADATA_FILE, Metadata
from t2t_mm.features import Feature
from t2t_mm.registry.problem_names import parse_problem_name
from t2t_mm.run.task import Task


def find_problem(task: Task, data_dir: Path) -> Problem:
    """Return the problem of a task; one that is not registered is read by what is stored.

    So a run is scored and decoded where nobody has, or trusts, its maker's code.

    Args:
        task: One of a trained run.
        data_dir: Its generated data.

    Example:
        >>> from t2t_mm.run.run_directory import open_run
        >>> find_problem(open_run("demo/run").task("mini_ende"), Path("demo/data"))
        <MiniEnde mini_ende: language to language>
    """
    if registry.is_problem_name(task.name):
        problem: Problem = registry.problem(task.name, data_dir=data_dir)
        return problem
    return StoredProblem(
        task.name,
        {"inputs": task.inputs, "targets": task.targets},
        task.data_name or parse_problem_name(task.name).forward,
        data_dir,
    )


class StoredProblem(Problem):
    """A problem whose class is not imported: what reading needs is in a run and beside its data.

    Args:
        name: Its name.
        features: Its inputs and targets.
        data_name: Of the data that it reads: another name is of the problem that it reverses.
        data_dir: Where that lies.
    """

    has_class = False

    def __init__(
        self, name: str, features: dict[str, Feature], data_name: str, data_dir: Path
    ) -> None:
        super().__init__(name=name, data_dir=data_dir)
        self._declared, self._data_name, self._folder = features, data_name, data_dir

    @cached_property
    def _opposite(self) -> Problem | None:
        if self._data_name == self.name:
            return None
        exchanged = {"inputs": self._declared["targets"], "targets": self._declared["inputs"]}
        return StoredProblem(self._data_name, exchanged, self._data_name, self._folder)

    @cached_property
    def version(self) -> str:  # type: ignore[override]
        """Of the newest data that is there."""
        found = (self._folder / self._data_name).glob(f"*/{METADATA_FILE}")
        # Beside them may lie what was generated anew, as `replaced.1.0.0`.
        versions = [name for path in found if VERSION.fullmatch(name := path.parent.name)]
        return max(versions, key=_split_version, default="1.0.0")

    @cached_property
    def modalities(self) -> dict[str, Feature]:  # type: ignore[override]
        """Inputs and targets as the run says, and what else the data holds of an example."""
        path = self._folder / self._data_name / self.version
        if not (path / METADATA_FILE).is_file():
            return self._declared
        stored = Metadata.read(path).fingerprint["features"]
        others = {name: one for name, one in stored.items() if name not in self._declared}
        return {name: feature_from_json(one) for name, one in others.items()} | self._declared


def _split_version(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
