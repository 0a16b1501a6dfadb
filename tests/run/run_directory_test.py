"""A run directory describes the run; what does not belong to it is refused with the difference."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from tiny_run import PROBLEMS, TinyRun

from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.errors import UserError
from t2t_mm.run.run_directory import (
    check_resumable,
    check_vocabularies,
    keep_nets,
    list_absolute,
    open_run,
)


def test_a_run_is_read_back_as_it_was_written(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    assert [task.name for task in run.tasks] == list(PROBLEMS)
    assert run.data_dir == str(tiny_run.data_dir)
    assert run.vocabulary_hashes == {"bytes": ByteVocabulary().hash}
    check_resumable(run, run)


def test_every_difference_is_listed(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    other = dataclasses.replace(
        run,
        hparams=dataclasses.replace(
            run.hparams,
            model=dataclasses.replace(run.hparams.model, width=64),
            optimizer=dataclasses.replace(run.hparams.optimizer, learning_rate=0.5),
        ),
        tasks=run.tasks[:1],
    )
    with pytest.raises(UserError) as caught:
        check_resumable(run, other)
    for difference in ("model.width", "optimizer.learning_rate", "problems: run has"):
        assert difference in str(caught.value)


def test_another_command_and_other_data_are_differences(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    swapped = tuple(
        dataclasses.replace(task, command_index=1 - task.command_index) for task in run.tasks
    )
    with pytest.raises(UserError, match="its features or its command changed"):
        check_resumable(run, dataclasses.replace(run, tasks=swapped))
    digests = dict(run.data_digests) | {"algorithmic_copy": "other"}
    with pytest.raises(UserError, match="algorithmic_copy: its generated data is not"):
        check_resumable(run, dataclasses.replace(run, data_digests=digests))


def test_the_mixture_is_fixed_but_for_rounding(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    assert run.mixture["rates"] == dict.fromkeys(PROBLEMS, 0.5)
    rounded = {**run.mixture, "rates": dict.fromkeys(PROBLEMS, 0.5 + 1e-15)}
    check_resumable(run, dataclasses.replace(run, mixture=rounded))
    other = {**run.mixture, "rates": dict(zip(PROBLEMS, (0.4, 0.6), strict=True))}
    with pytest.raises(UserError, match="mixture: run has"):
        check_resumable(run, dataclasses.replace(run, mixture=other))
    older = dataclasses.replace(run, mixture={})
    check_resumable(older, run)
    assert keep_nets(run, older).mixture == run.mixture


def test_other_problems_are_refused_with_the_command_that_adds_some(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    with pytest.raises(UserError, match="t2t-add-problem"):
        check_resumable(run, dataclasses.replace(run, tasks=run.tasks[:1]))


def test_intervals_and_more_steps_are_free(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    train = dataclasses.replace(run.hparams.train, steps=99, log_every=1, eval_every=3)
    hparams = dataclasses.replace(run.hparams, train=train)
    check_resumable(run, dataclasses.replace(run, hparams=hparams))


def test_modules_in_one_entry_are_each_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one").mkdir()
    (tmp_path / "two.py").touch()
    listed = list_absolute(["one, two.py", "a_package,"])
    assert listed == [str(tmp_path / "one"), str(tmp_path / "two.py"), "a_package"]


def test_a_damaged_description_is_named(tiny_run: TinyRun, tmp_path: Path) -> None:
    for name in ("run.json", "hparams.json"):
        shutil.copy(tiny_run.output_dir / name, tmp_path / name)
    (tmp_path / "run.json").write_text('{"tasks": [')
    with pytest.raises(UserError, match=r"run\.json.* damaged"):
        open_run(tmp_path)


def test_another_vocabulary_is_refused_with_both_hashes(tiny_run: TinyRun) -> None:
    run = open_run(tiny_run.output_dir)
    other = ByteVocabulary()
    other.hash = "0123456789abcdef"
    with pytest.raises(UserError, match=r"Received: hash 0123456789ab"):
        check_vocabularies(run, {"bytes": other}, Path("elsewhere"))


def test_a_folder_with_checkpoints_but_no_description_is_no_run(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy)
    (copy / "run.json").unlink()
    with pytest.raises(UserError, match="No run in"):
        open_run(copy)
