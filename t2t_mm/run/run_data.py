"""Whether data fits a trained run that is to be scored on it or to decode it, and which tasks."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from t2t_mm import registry
from t2t_mm.data.records.stored import check_split, open_data
from t2t_mm.errors import UserError
from t2t_mm.run.run_directory import Run, check_vocabularies
from t2t_mm.run.stored_problem import find_problem
from t2t_mm.run.task import Task, load_task_vocabularies


def check_run_data(run: Run, tasks: Sequence[Task], split: str, data_dir: Path) -> None:
    """Check, before a model is built, that a run's tasks can be scored: errors should be quick.

    Args:
        run: The trained run.
        tasks: Some of its tasks.
        split: The split that is wanted of each.
        data_dir: Where the data is.

    Raises:
        UserError: Data is missing, stale or damaged, or lacks the split; its features or its
            vocabulary are not those that the run was trained with.
    """
    for task in tasks:
        problem = find_problem(task, data_dir)
        check_split(open_data(problem, data_dir), split, task.name)
        declared = (problem.features["inputs"], problem.features["targets"])
        if declared != (task.inputs, task.targets):
            raise UserError(
                f"Problem {task.name} declares other features than {run.directory} was trained on",
                expected=f"{task.inputs} and {task.targets}",
                received={"features": declared},
                fix="Undo the change of the problem, or train a new run.",
            )
    check_vocabularies(run, load_task_vocabularies(tasks, data_dir), data_dir)


def leave_out_without_split(
    tasks: Sequence[Task], split: str, data_dir: Path
) -> tuple[list[Task], list[str]]:
    """Leave out the tasks whose data has not the split.

    Args:
        tasks: Some of a run's.
        split: The split that is wanted of each.
        data_dir: Where the data is.

    Returns:
        The others, and the names of those that are left out.

    Raises:
        UserError: None has it, or data is missing, stale or damaged.
    """
    infos = {task.name: open_data(find_problem(task, data_dir), data_dir) for task in tasks}
    found = [task for task in tasks if split in infos[task.name].lengths]
    if not found:
        check_split(infos[tasks[0].name], split, tasks[0].name)
    return found, [task.name for task in tasks if task not in found]


def count_most_examples(tasks: Sequence[Task], split: str, data_dir: Path) -> int:
    """Count the examples of a split of the task that has the most, by what its data says.

    Args:
        tasks: Some of a run's; each has the split.
        split: The split.
        data_dir: Where the data is.

    Raises:
        UserError: Data is missing, stale or damaged.
    """
    infos = [open_data(find_problem(task, data_dir), data_dir) for task in tasks]
    return max(info.sizes[split] for info in infos)


def choose_tasks(run: Run, problems: str | Sequence[str]) -> list[Task]:
    """Choose the tasks of a run that are named; all of them where nothing is named.

    Args:
        run: The trained run.
        problems: Names, globs of the run's names, and groups as `registry.expand_problems` takes
            them. A name must be one of the run's; of a group, others are left out.

    Raises:
        UserError: A name is none of the run's, or nothing is left.

    Example:
        >>> from t2t_mm.run.run_directory import open_run
        >>> [task.name for task in choose_tasks(open_run("demo/run"), "mini_text")]
        ['mini_ende']
    """
    if not problems:
        return list(run.tasks)
    given = problems.split(",") if isinstance(problems, str) else list(problems)
    plain = [name.strip() for name in given if name.strip()]
    own = [task.name for task in run.tasks]
    names: dict[str, None] = {}
    for one in plain:  # the class of one of the run's need not be there
        found = [name for name in own if fnmatchcase(name, one)]
        found = found or registry.expand_problems(one, own=lambda base: own)
        names |= dict.fromkeys(name for name in found if name in {*own, *plain})
    if not names:
        raise UserError(
            "None of the named problems is one of the run's",
            expected=", ".join(own),
            received={"problems": problems},
        )
    return [run.task(name) for name in names]
