"""The trainer's flags reach the settings; mistakes are answered before TensorFlow is loaded."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from file_hashes import hash_files
from seals import change_sealed
from tiny_run import PROBLEMS, STEPS, TINY, TinyRun

from t2t_mm.bin import t2t_trainer


def arguments(tiny_run: TinyRun, output_dir: Path, *more: str, hparams: str = TINY) -> list[str]:
    return [
        f"--problems={'-'.join(PROBLEMS)}",
        "--hparams_set=multimodel_tiny",
        f"--hparams={hparams}",
        f"--data_dir={tiny_run.data_dir}",
        f"--output_dir={output_dir}",
        *more,
    ]


@pytest.mark.slow
def test_flags_beat_hparams(tiny_run: TinyRun, tmp_path: Path) -> None:
    run = tmp_path / "run"
    flags = ("--train_steps=2", "--random_seed=7", "--keep_checkpoint_max=1", "--schedule=train")
    argv = arguments(tiny_run, run, *flags, hparams=f"{TINY},train.steps=9,train.seed=8")
    assert t2t_trainer.main(argv) == 0
    settings = json.loads((run / "hparams.json").read_text())["train"]
    assert (settings["steps"], settings["seed"], settings["keep_checkpoint_max"]) == (2, 7, 1)
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["00000002"]


def test_a_warm_start_takes_no_settings_of_a_run_that_never_came_to_a_checkpoint(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, run)
    change_sealed(run / "hparams.json", lambda hparams: hparams["train"].update(steps=77))
    flags = SimpleNamespace(
        warm_start_from=str(tiny_run.output_dir), output_dir=str(run), gives=lambda _: False
    )
    assert t2t_trainer._choose_base(flags).train.steps == 77  # it goes on
    shutil.rmtree(run / "checkpoints")
    assert t2t_trainer._choose_base(flags).train.steps == STEPS


def test_a_run_of_other_settings_shows_the_difference(
    tiny_run: TinyRun, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = arguments(tiny_run, tiny_run.output_dir, f"--train_steps={STEPS}", "--random_seed=5")
    assert t2t_trainer.main(argv) == 2
    assert "train.seed: run has 1, asked for 5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--problems=mini_endee"], "Did you mean 'mini_ende'"),
        (["--hparams=model.widht=3"], "'model.width'"),
        (["--hparams=model.width=wide"], "model.width"),
        (["--hparams=model.num_heads=3"], "model.num_heads"),
        (["--hparams=experts.experts_per_token=31"], "experts.num_experts"),
        (["--hparams=optimizer.schedule=constnat"], "'constant'"),
        (["--hparams_set=multimodel_tinny"], "'multimodel_tiny'"),
        (["--model=transformer"], "Unknown model"),
        (["--trian_steps=3"], "--train_steps"),
        (["--train_steps=many"], "train_steps"),
        (["--output_dir="], "--output_dir must be given"),
        (["--t2t_usr_dir=EMPTY"], "EMPTY"),
        (["--data_dir=NOWHERE"], "t2t-datagen --problems="),
    ],
)
def test_bad_input_is_one_error_with_exit_code_2(
    flags: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "EMPTY").mkdir()
    base = ["--data_dir=data", f"--output_dir={tmp_path / 'run'}"]
    base += ["--problems=mini_ende"] * (not flags[0].startswith("--problems="))
    given = [flag.replace("EMPTY", str(tmp_path / "EMPTY")) for flag in flags]
    assert t2t_trainer.main([*base, *given]) == 2
    error = capsys.readouterr().err
    assert error.startswith("t2t-trainer: error: ")
    assert message in error
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()


def test_registry_help_lists_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert t2t_trainer.main(["--registry_help"]) == 0
    assert "mini_ende" in capsys.readouterr().out


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_last_good_checkpoint_stays(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_run.output_dir, run)
    before = {path.name for path in (run / "checkpoints").iterdir()}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "t2t_mm.bin.t2t_trainer"),
            *arguments(tiny_run, run, f"--train_steps={STEPS + 5}", "--schedule=train"),
        ],
        preexec_fn=limit_file_size,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2, done.stderr
    assert "could not be written" in done.stderr and f"{STEPS:08d}" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in (run / "checkpoints").iterdir()} == before


@pytest.mark.slow
def test_generate_data_keeps_data_that_was_made_with_a_limit(
    tiny_run: TinyRun, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(tiny_run.data_dir, tmp_path / "data"))
    before = hash_files(data)
    flags = ("--generate_data", "--train_steps=1", "--schedule=train")
    argv = arguments(TinyRun(tiny_run.output_dir, data), tmp_path / "run", *flags)
    assert t2t_trainer.main(argv) == 0
    assert hash_files(data) == before
