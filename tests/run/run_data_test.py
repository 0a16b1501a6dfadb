"""Whether data fits a run is told before a model is built; a run's tasks are chosen by name."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from tiny_run import drop_split

from t2t_mm import registry
from t2t_mm.data.generation.datagen import generate_data
from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.errors import UserError
from t2t_mm.features import Language
from t2t_mm.run.run_data import check_run_data, choose_tasks, leave_out_without_split
from t2t_mm.run.run_directory import Run, UnknownTaskError
from t2t_mm.run.task import make_tasks
from t2t_mm.settings import HParams

PROBLEMS = ("algorithmic_copy", "algorithmic_reverse")


def make_run(*problems: str) -> Run:
    return Run(
        directory=Path("run"),
        hparams=HParams(),
        tasks=tuple(make_tasks([registry.problem(name) for name in problems])),
        data_dir="",
        user_modules=(),
        vocabulary_hashes={"bytes": ByteVocabulary().hash},
        data_digests={},
    )


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    options = GenerationOptions(max_cases=3, progress=False)
    generate_data(PROBLEMS[:1], data_dir=folder, options=options)
    return folder


def test_data_that_fits_is_accepted(data_dir: Path) -> None:
    run = make_run(*PROBLEMS)
    for split in ("train", "validation", "test"):
        check_run_data(run, run.tasks[:1], split, data_dir)


def test_a_split_that_is_not_there_is_answered_with_those_that_are(data_dir: Path) -> None:
    run = make_run(*PROBLEMS)
    message = r"algorithmic_copy has no split 'tset'\. Expected: train, validation, test\."
    with pytest.raises(UserError, match=message):
        check_run_data(run, run.tasks[:1], "tset", data_dir)


def test_tasks_without_the_split_are_left_out_and_named(tmp_path: Path, data_dir: Path) -> None:
    shutil.copytree(data_dir, tmp_path, dirs_exist_ok=True)
    options = GenerationOptions(max_cases=3, progress=False)
    generate_data(PROBLEMS, data_dir=tmp_path, options=options)
    run = make_run(*PROBLEMS)
    assert leave_out_without_split(run.tasks, "test", tmp_path) == ([*run.tasks], [])
    drop_split(tmp_path, PROBLEMS[0], "test")
    assert leave_out_without_split(run.tasks, "test", tmp_path) == ([run.tasks[1]], [PROBLEMS[0]])
    drop_split(tmp_path, PROBLEMS[1], "test")
    with pytest.raises(UserError, match=r"no split 'test'\. Expected: train, validation\."):
        leave_out_without_split(run.tasks, "test", tmp_path)


def test_data_of_every_task_is_looked_for(data_dir: Path) -> None:
    run = make_run(*PROBLEMS)
    with pytest.raises(UserError, match="t2t-datagen --problems=algorithmic_reverse"):
        check_run_data(run, run.tasks, "test", data_dir)


def test_a_problem_that_declares_other_features_now_is_refused(data_dir: Path) -> None:
    run = make_run(*PROBLEMS)
    task = dataclasses.replace(run.tasks[0], inputs=Language("shared"))
    with pytest.raises(UserError, match="declares other features than run was trained on"):
        check_run_data(run, [task], "test", data_dir)


def test_another_vocabulary_is_refused(data_dir: Path) -> None:
    run = dataclasses.replace(make_run(*PROBLEMS), vocabulary_hashes={"bytes": "0" * 64})
    with pytest.raises(UserError, match=r"'bytes' in .* is not the one that the checkpoints"):
        check_run_data(run, run.tasks[:1], "test", data_dir)


@pytest.mark.parametrize(
    ("problems", "names"),
    [
        ((), ["mini_ende", "mini_fren"]),
        ("mini_fren", ["mini_fren"]),
        ("mini_fren,mini_ende", ["mini_fren", "mini_ende"]),
        (["mini_ende"], ["mini_ende"]),
        ("mini_*de", ["mini_ende"]),
        ("mini_text", ["mini_ende", "mini_fren"]),
    ],
)
def test_tasks_are_chosen_from_the_runs_own(problems: str | list[str], names: list[str]) -> None:
    run = make_run("mini_ende", "mini_fren")
    assert [task.name for task in choose_tasks(run, problems)] == names


def test_a_name_or_a_glob_of_other_problems_only_is_an_error() -> None:
    run = make_run("mini_ende", "mini_fren")
    with pytest.raises(UnknownTaskError, match="'mini_deen' is not one of this run's"):
        choose_tasks(run, "mini_ende,mini_deen")
    with pytest.raises(UserError, match=r"None of the named problems.*mini_ende, mini_fren"):
        choose_tasks(run, "wmt_*")


def test_a_glob_after_a_slash_chooses_among_the_problems_of_the_run() -> None:
    run = make_run(PROBLEMS[0])
    names = ("image_folder/cars", "image_folder/pets", "tree_files/bank")
    tasks = tuple(dataclasses.replace(run.tasks[0], name=name) for name in names)
    run = dataclasses.replace(run, tasks=tasks)
    assert [task.name for task in choose_tasks(run, "image_folder/*")] == list(names[:2])
    assert [task.name for task in choose_tasks(run, "*")] == list(names)
    assert [task.name for task in choose_tasks(run, "image*")] == list(names[:2])
    with pytest.raises(UserError, match="matches 'speech_files/\\*'"):
        choose_tasks(run, "speech_files/*")
