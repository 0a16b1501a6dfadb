"""A run and data that version 0.1.0 wrote still resume, evaluate and decode.

Made by `t2t-datagen --problems=mini_ende,mini_image --vocab_size=340 --vocab_bytes=100000
--max_cases=2 --num_shards=1` and `t2t-trainer` for four steps of a very small model; the numbers
below are what 0.1.0 itself gave when it went on.
"""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

FIXTURE = Path(__file__).parent / "fixtures" / "run_of_0_1_0.tar.xz"
SETTINGS = (
    "model.width=8,model.num_heads=2,model.encoder_blocks=1,model.mixer_blocks=1,"
    "model.decoder_blocks=1,model.num_experts=2,model.experts_per_token=2,model.expert_width=8,"
    "modality.image_widths=[4,4],modality.categorical_widths=[8,8],data.batch_examples=2,"
    "train.checkpoint_every=2,train.log_every=1,train.keep_checkpoint_max=1,"
    "optimizer.warmup_steps=2,train.eval_every=0"
)
EVAL_AT_STEP_6 = {"mini_ende": 5.89816157023112, "mini_image": 3.3316657543182373}
TEST_SPLIT = {"mini_ende": 5.930998229980469, "mini_image": 3.5721399784088135}


def run_command(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", f"t2t_mm.bin.{command}", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def test_the_fixture_is_small() -> None:
    assert FIXTURE.stat().st_size < 300_000


@pytest.mark.slow
def test_a_run_of_0_1_0_goes_on_with_the_settings_as_they_were_written_then(old: Path) -> None:
    done = run_command(
        "t2t_trainer",
        "--problems=mini_ende,mini_image",
        "--hparams_set=multimodel_tiny",
        f"--hparams={SETTINGS}",
        "--train_steps=6",
        f"--data_dir={old / 'data'}",
        f"--output_dir={old / 'run'}",
    )
    assert "resumed at step 4" in done.stderr
    told = [line for line in done.stderr.splitlines() if "written by t2t_mm 0.1.0" in line]
    assert len(told) == 2  # one line for each problem
    log = (old / "run" / "log.jsonl").read_text(encoding="utf-8")
    records = [json.loads(line) for line in log.splitlines()]
    scores = {
        record["problem"]: record["log_perplexity"]
        for record in records
        if record["kind"] == "eval" and record["step"] == 6 and "problem" in record
    }
    assert scores == pytest.approx(EVAL_AT_STEP_6, rel=1e-5)


@pytest.mark.slow
def test_a_run_of_0_1_0_is_evaluated_with_the_same_scores(old: Path) -> None:
    scores = old / "scores.json"
    run_command(
        "t2t_eval",
        f"--output_dir={old / 'run'}",
        f"--data_dir={old / 'data'}",
        "--split=test",
        f"--scores_file={scores}",
    )
    found = json.loads(scores.read_text(encoding="utf-8"))
    perplexities = {name: one["teacher_forced"]["log_perplexity"] for name, one in found.items()}
    assert perplexities == pytest.approx(TEST_SPLIT, rel=1e-5)


@pytest.mark.slow
def test_a_run_of_0_1_0_decodes_as_many_lines_as_it_is_given(old: Path) -> None:
    given, decoded = old / "given.txt", old / "decoded.txt"
    given.write_text("A red boat.\n\nTwo stars.\n", encoding="utf-8")
    run_command(
        "t2t_decoder",
        f"--output_dir={old / 'run'}",
        "--problem=mini_ende",
        f"--decode_from_file={given}",
        f"--decode_to_file={decoded}",
    )
    first, empty, last = decoded.read_text(encoding="utf-8").splitlines()
    assert first and last and not empty


@pytest.mark.slow
def test_data_of_0_1_0_is_kept_by_t2t_datagen_which_says_how_it_was_judged(old: Path) -> None:
    done = run_command(
        "t2t_datagen",
        "--problems=mini_ende,mini_image",
        "--max_cases=2",
        "--vocab_size=340",
        f"--data_dir={old / 'data'}",
    )
    assert done.stderr.count("written by t2t_mm 0.1.0") == 2
