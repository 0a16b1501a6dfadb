"""What a run is asked to do: one of its problems, or the inputs of one written as by another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from t2t_mm.errors import UserError
from t2t_mm.run.run_directory import Run
from t2t_mm.run.task import Task


def choose_task(run: Run, problem: str = "", inputs_of: str = "", command_of: str = "") -> Task:
    """Return the task that is meant.

    Args:
        run: As its folder describes it.
        problem: A name; may be left out where the run has only one problem.
        inputs_of: Instead of `problem`: whose inputs are read,
        command_of: and as whose targets the answer is written, see `pair_tasks`.

    Raises:
        UserError: It is not clear which, or the run has no such problem.

    Example:
        >>> from t2t_mm.run.run_directory import open_run
        >>> run = open_run("demo/run")
        >>> choose_task(run, "mini_image").describe()
        'image to categorical'
        >>> choose_task(run, inputs_of="mini_image", command_of="mini_ende").describe()
        'image to language'
    """
    names = ", ".join(task.name for task in run.tasks)
    if inputs_of or command_of:
        given = {"problem": problem, "inputs_of": inputs_of, "command_of": command_of}
        if problem or not (inputs_of and command_of):
            raise UserError(
                "What is to be decoded is not clear",
                expected="either a problem, or both inputs_of and command_of",
                received={name: value for name, value in given.items() if value},
                fix=f"The run's problems are {names}.",
            )
        return pair_tasks(run.task(inputs_of), run.task(command_of))
    if not problem and len(run.tasks) > 1:
        raise UserError(
            f"The run has {len(run.tasks)} problems", expected=f"--problem=NAME, one of {names}"
        )
    return run.task(problem or run.tasks[0].name)


def name_task(task: Task, names: Mapping[str, str]) -> dict[str, str]:
    """Return the arguments of `choose_task` that alone say which task is meant.

    Args:
        task: What was chosen.
        names: By which arguments.
    """
    pair = {key: name for key, name in names.items() if key != "problem" and name}
    return pair or {"problem": task.name}


def pair_tasks(inputs_of: Task, command_of: Task) -> Task:
    """Return a task that reads as one and writes as another, though never trained together.

    It has the inputs of the first and their net; targets, their net, the command and the place
    among the problems are those of the second. Nothing is known to score it by, so that it has no
    metrics.

    Args:
        inputs_of: Such as German to English.
        command_of: Such as English to French; the pair is German to French.
    """
    return replace(
        command_of,
        name=f"{inputs_of.name} to {command_of.name}",
        inputs=inputs_of.inputs,
        metrics=(),
        nets=(inputs_of.nets[0], command_of.nets[1]),
    )
