"""Tasks: which nets and which command a problem uses, kept without its class."""

from typing import ClassVar

import pytest

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.errors import UserError
from t2t_mm.features import Categorical, Image, Language
from t2t_mm.registry import problem
from t2t_mm.run.task import Task, make_tasks


def test_directions_into_one_language_share_a_command_and_all_share_the_nets() -> None:
    names = ["mini_ende", "mini_deen", "mini_enfr", "mini_fren"]
    tasks = make_tasks([problem(name) for name in names])
    assert [task.command for task in tasks] == ["de", "en", "fr", "en"]
    assert [task.command_index for task in tasks] == [0, 1, 2, 1]
    assert [task.problem_index for task in tasks] == [0, 1, 2, 3]
    assert tasks[3].indices() == {"command": 1, "problem": 3}
    assert {task.signature for task in tasks} == {("language:shared", "language:shared")}


def test_a_task_survives_json() -> None:
    task = make_tasks([problem("algorithmic_copy")])[0]
    assert Task.from_json(task.to_json()) == task
    other = make_tasks([problem("mini_ende"), problem("algorithmic_copy")])[1]
    assert Task.from_json(other.to_json()).problem_index == 1
    without = {key: value for key, value in task.to_json().items() if key != "problem_index"}
    assert Task.from_json(without) == task  # a run of before there was one
    assert task.inputs == Language("bytes")


def test_a_class_is_made_without_a_command() -> None:
    class Labels(Problem):
        modalities: ClassVar = {"inputs": Language(), "targets": Categorical(num_classes=3)}

    tasks = make_tasks([Labels(), problem("mini_ende")])
    assert [task.command for task in tasks] == ["", "de"]
    assert [task.command_index for task in tasks] == [0, 0]
    assert Task.from_json(tasks[0].to_json()) == tasks[0]


def test_what_is_declared_for_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    class Cropped(Problem):
        modalities: ClassVar = {"inputs": Image(crop=True), "targets": Language()}

    make_tasks([Cropped(), problem("mini_ende")])
    assert [record.getMessage().partition(" beside ")[0] for record in caplog.records] == [
        "Problem cropped: crop of its inputs counts for nothing"
    ]


def test_a_problem_without_inputs_or_targets_is_refused_by_name() -> None:
    class Written(Problem):
        modalities: ClassVar = {"targets": Language()}

    class Misspelt(Problem):
        modalities: ClassVar = {"input": Language(), "target": Language()}

    with pytest.raises(UserError, match=r"'written' declares no inputs.*modalities='targets'"):
        make_tasks([Written()])
    with pytest.raises(UserError, match=r"'misspelt' declares no inputs and no targets"):
        make_tasks([Misspelt()])


def test_what_no_net_can_write_is_refused_by_name() -> None:
    class Drawing(Problem):
        modalities: ClassVar = {"inputs": Language(), "targets": Image()}

    with pytest.raises(UserError, match=r"'drawing' declares targets of modality 'image'"):
        make_tasks([Drawing()])
