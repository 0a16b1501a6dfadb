"""A run from names to its folder: what it leaves, how it resumes, what it refuses."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from changed_settings import change_settings
from file_hashes import hash_files
from seals import change_sealed, replace_sealed
from tiny_run import PROBLEMS, STEPS, TINY, TinyRun

from t2t_mm.errors import UserError
from t2t_mm.registry import load_hparams
from t2t_mm.run.checkpoint import STATE, CheckpointStore
from t2t_mm.run.run_settings import read_settings
from t2t_mm.settings import HParams
from t2t_mm.training import trainer
from t2t_mm.training.train import plan, train
from t2t_mm.training.training_options import TrainingOptions

RSQRT = "constant*linear_warmup*rsqrt_decay"  # the tiny run's schedule


def tiny_hparams(**changes: object) -> HParams:
    """The tiny run's settings, with some fields changed."""
    hparams = load_hparams("multimodel_tiny", overrides=f"{TINY},train.steps={STEPS}")
    return change_settings(hparams, **changes)


def records(output_dir: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (output_dir / "log.jsonl").read_text().splitlines()]


def test_the_run_directory_says_everything(tiny_run: TinyRun) -> None:
    directory = tiny_run.output_dir
    assert json.loads((directory / "hparams.json").read_text())["train"]["steps"] == 20
    run = json.loads((directory / "run.json").read_text())
    assert [task["name"] for task in run["tasks"]] == list(PROBLEMS)
    environment = json.loads((directory / "environment.json").read_text())
    assert environment["seed"] == tiny_hparams().train.seed
    assert [c.step for c in CheckpointStore(directory).list_checkpoints()] == [10, 15, 20]


def test_logs_are_by_problem_name_and_count_what_each_received(tiny_run: TinyRun) -> None:
    trained = [r for r in records(tiny_run.output_dir) if r["kind"] == "train" and "problem" in r]
    assert {r["problem"] for r in trained} == set(PROBLEMS)
    assert sum(float(str(r["batches"])) for r in trained) == 20
    for record in trained:
        for mixture in ("encoder", "decoder"):
            shares = record[f"{mixture}_expert_shares"]
            assert isinstance(shares, list) and len(shares) == 4
            assert sum(shares) == pytest.approx(1.0, abs=1e-3)
            assert record[f"{mixture}_expert_peak"] == pytest.approx(4 * max(shares), abs=1e-3)
    evaluated = [r for r in records(tiny_run.output_dir) if r["kind"] == "eval" and "problem" in r]
    assert {r["step"] for r in evaluated} == {10, 20}
    together = [r for r in records(tiny_run.output_dir) if "examples_per_second" in r]
    assert together
    for record in together:
        of_step = [r for r in trained if r["step"] == record["step"]]
        examples = sum(float(str(r["examples"])) for r in of_step)
        rate = float(str(record["examples_per_second"]))
        assert rate * float(str(record["seconds"])) == pytest.approx(examples, rel=0.01)


def test_repeating_a_finished_run_changes_nothing(tiny_run: TinyRun, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy)
    train(list(PROBLEMS), hparams=tiny_hparams(), data_dir=tiny_run.data_dir, output_dir=copy)
    assert records(copy) == records(tiny_run.output_dir)


@pytest.mark.parametrize("steps", [5, STEPS])
@pytest.mark.parametrize("schedule", [RSQRT, "constant*cosine_decay"])
def test_no_more_steps_than_a_run_has_are_nothing_to_do(
    tiny_run: TinyRun,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    steps: int,
    schedule: str,
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy)
    replace_sealed(copy / "hparams.json", RSQRT, schedule)
    before = hash_files(copy)
    train(
        list(PROBLEMS),
        hparams=tiny_hparams(steps=steps, schedule=schedule),
        data_dir=tiny_run.data_dir,
        output_dir=copy,
    )
    told = f"nothing to do: {copy} has made 20 steps, and {steps} are asked for."
    assert capsys.readouterr().err.startswith(told)
    assert hash_files(copy) == before


def test_a_run_is_done_that_has_made_the_steps_of_a_problem_that_joins_late(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy, late = tmp_path / "run", {PROBLEMS[1]: {"step": {"0": 0, "10": 1}}}
    shutil.copytree(tiny_run.output_dir, copy)
    for name in ("run.json", "hparams.json"):
        change_sealed(copy / name, lambda record: record["mixture"].update(schedules=late))
    asked = replace(tiny_hparams(steps=5), mixture=read_settings(copy).mixture)
    train(list(PROBLEMS), hparams=asked, data_dir=tiny_run.data_dir, output_dir=copy)
    assert capsys.readouterr().err.startswith("nothing to do: ")
    assert read_settings(copy).train.steps == STEPS
    with pytest.raises(UserError, match=r"no step of the 5\b.*Ask for more steps, let it join"):
        train(list(PROBLEMS), hparams=asked, data_dir=tiny_run.data_dir, output_dir=tmp_path / "b")


def test_a_run_that_goes_on_may_end_before_a_problem_joins(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, late = tmp_path / "run", {PROBLEMS[1]: {"step": {"0": 0, "90": 1}}}
    shutil.copytree(tiny_run.output_dir, copy)
    for name in ("run.json", "hparams.json"):
        change_sealed(copy / name, lambda record: record["mixture"].update(schedules=late))
    asked = replace(tiny_hparams(steps=STEPS + 5), mixture=read_settings(copy).mixture)
    monkeypatch.setattr(trainer, "_train", lambda declared, *_: declared)
    found = train(list(PROBLEMS), hparams=asked, data_dir=tiny_run.data_dir, output_dir=copy)
    assert found.mixture["schedules"] == late


def test_an_unfinished_run_is_not_begun_anew(
    tiny_run: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy)
    cosine = "constant*cosine_decay"
    replace_sealed(copy / "hparams.json", RSQRT, cosine)
    change_sealed(copy / "hparams.json", lambda hparams: hparams["train"].update(steps=40))
    asked = tiny_hparams(steps=STEPS, schedule=cosine)
    train(list(PROBLEMS), hparams=asked, data_dir=tiny_run.data_dir, output_dir=copy)
    assert capsys.readouterr().err.endswith("--train_steps=40 goes on with it.\n")


def test_nothing_to_do_leaves_the_backend_that_trained_last(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy)
    replace_sealed(copy / "run.json", '"backend": "tensorflow"', '"backend": "jax"')
    before = hash_files(copy)
    train(
        list(PROBLEMS),
        hparams=tiny_hparams(),
        data_dir=tiny_run.data_dir,
        output_dir=copy,
        backend="tensorflow",
    )
    assert hash_files(copy) == before


def test_an_evaluation_that_is_owed_is_no_more_steps(
    tiny_run: TinyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy)
    change_sealed(copy / "hparams.json", lambda fields: fields["train"].update(steps=40))
    latest = CheckpointStore(copy).find_latest()
    assert latest is not None
    change_sealed(latest.path / STATE, lambda state: state.update(awaits_evaluation=True))
    ends = []
    monkeypatch.setattr(trainer, "run_training", lambda *args: ends.append(args[2].train.steps))
    hparams, data_dir = tiny_hparams(steps=5), tiny_run.data_dir
    run = train(list(PROBLEMS), hparams=hparams, data_dir=data_dir, output_dir=copy)
    planned = plan(list(PROBLEMS), hparams=hparams, data_dir=data_dir, output_dir=copy)
    assert ends == [STEPS] and run.hparams.train.steps == 40
    assert (planned.first_step, planned.steps) == (STEPS, STEPS)


@pytest.mark.slow
def test_more_steps_go_on_from_the_last_checkpoint(tiny_run: TinyRun, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, copy)
    train(
        list(PROBLEMS),
        hparams=tiny_hparams(steps=25),
        data_dir=tiny_run.data_dir,
        output_dir=copy,
        options=TrainingOptions(evaluate=False),
    )
    assert max(int(str(r["step"])) for r in records(copy)) == 25
    assert [r for r in records(copy) if int(str(r["step"])) <= 20] == records(tiny_run.output_dir)


@pytest.mark.parametrize(
    ("changes", "problems", "message"),
    [
        ({"width": 64}, PROBLEMS, r"model\.width: run has 32, asked for 64"),
        ({}, PROBLEMS[:1], "problems: run has"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused(
    tiny_run: TinyRun, changes: dict[str, object], problems: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        train(
            list(problems),
            hparams=tiny_hparams(**changes),
            data_dir=tiny_run.data_dir,
            output_dir=tiny_run.output_dir,
        )
