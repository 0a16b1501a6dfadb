"""Runs on JAX: gone on with to the last bit, on either backend, and decoded on either."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax")

STEPS = 8
HPARAMS = (
    "model.width=16,model.num_heads=2,experts.expert_width=16,experts.num_experts=4,"
    "model.encoder_blocks=1,model.mixer_blocks=0,model.decoder_blocks=1,"
    "data.batch_tokens=256,data.max_pieces=12,train.log_every=1,train.checkpoint_every=4,"
    f"train.steps={STEPS},train.eval_every=4,optimizer.warmup_steps=2,decode.extra_length=2,"
    "train.num_threads=1"
)
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def run_command(name: str, *flags: str, **environment: str) -> str:
    command = [sys.executable, "-m", f"t2t_mm.bin.{name}", *flags]
    quick = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_backend_optimization_level=0"}
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "", **quick, **environment},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def train(folder: Path, run: str, *flags: str) -> str:
    """Train, with compiled programs kept beside the runs."""
    return run_command(
        "t2t_trainer",
        *("--problems=algorithmic_copy,algorithmic_reverse", "--hparams_set=multimodel_tiny"),
        *(f"--hparams={HPARAMS}", f"--output_dir={folder / run}", "--eval_steps=1"),
        f"--data_dir={folder / 'data'}",
        *("--generate_data", "--random_seed=3"),
        *flags,
        XDG_CACHE_HOME=str(folder / "cache"),
    )


def go_back(folder: Path, source: str, run: str) -> None:
    """Copy a run as it was at its first checkpoint."""
    shutil.copytree(folder / source, folder / run)
    shutil.rmtree(folder / run / "checkpoints" / f"{STEPS:08d}")


@pytest.fixture(scope="module")
def trained(folder: Path) -> str:
    told = train(folder, "jax", "--backend=jax")
    go_back(folder, "jax", "again")
    go_back(folder, "jax", "on_tensorflow")
    return told


def load(folder: Path, run: str, name: str) -> dict[str, Any]:
    with np.load(folder / run / "checkpoints" / f"{STEPS:08d}" / f"{name}.npz") as arrays:
        return dict(arrays)


def list_losses(folder: Path, run: str) -> list[tuple[int, str, float]]:
    records = map(json.loads, (folder / run / "log.jsonl").read_text().splitlines())
    return [(r["step"], r["problem"], r["loss"]) for r in records if "loss" in r]


@pytest.mark.slow
def test_a_run_says_what_computes_and_keeps_its_backend(folder: Path, trained: str) -> None:
    assert "trains on the CPU, for JAX " in trained
    assert "train.num_threads=1 counts for nothing on JAX" in trained
    assert "graph 1: language:bytes to language:bytes" in trained
    assert json.loads((folder / "jax" / "run.json").read_text())["backend"] == "jax"
    assert [*(folder / "cache" / "t2t_mm" / "jax").iterdir()]


@pytest.mark.slow
def test_a_run_goes_on_to_the_last_bit(folder: Path, trained: str) -> None:
    told = train(folder, "again")  # on the backend that the run had
    assert "resumed at step 4" in told and "on the CPU, for JAX " in told
    assert list_losses(folder, "again") == list_losses(folder, "jax")
    assert len(list_losses(folder, "jax")) == STEPS
    for name in ("weights", "optimizer"):
        ours, theirs = load(folder, "jax", name), load(folder, "again", name)
        assert ours.keys() == theirs.keys()
        assert [n for n, one in ours.items() if not np.array_equal(one, theirs[n])] == []


@pytest.mark.slow
@pytest.mark.long
def test_a_run_goes_on_on_the_other_backend_and_back_again(folder: Path, trained: str) -> None:
    told = train(folder, "on_tensorflow", "--backend=tensorflow")
    assert "resumed at step 4" in told and "on the CPU (TensorFlow " in told
    run = json.loads((folder / "on_tensorflow" / "run.json").read_text())
    assert run["backend"] == "tensorflow"
    jax_weights, weights = (load(folder, run, "weights") for run in ("jax", "on_tensorflow"))
    shapes = [
        {name: one.shape for name, one in arrays.items()} for arrays in (jax_weights, weights)
    ]
    assert shapes[0] == shapes[1]
    losses = dict.fromkeys(("jax", "on_tensorflow"), 0.0)
    for name in losses:
        losses[name] = float(np.mean([loss for *_, loss in list_losses(folder, name)[4:]]))
    assert losses["on_tensorflow"] == pytest.approx(losses["jax"], rel=0.2)  # of other noise
    told = train(folder, "on_tensorflow", "--backend=jax", f"--train_steps={STEPS + 1}")
    assert f"resumed at step {STEPS}" in told and "on the CPU, for JAX " in told


@pytest.mark.slow
def test_what_was_trained_on_jax_is_decoded_on_either_backend(folder: Path, trained: str) -> None:
    (folder / "inputs.txt").write_text("1 2 3\n4 5\n")
    outputs = {}
    for backend in ("tensorflow", "jax"):
        run_command(
            "t2t_decoder",
            *(f"--backend={backend}", f"--output_dir={folder / 'jax'}"),
            *("--problem=algorithmic_copy", f"--decode_from_file={folder / 'inputs.txt'}"),
            f"--decode_to_file={folder / backend}.txt",
            XDG_CACHE_HOME=str(folder / "cache"),
        )
        outputs[backend] = (folder / f"{backend}.txt").read_text()
    assert len(outputs["jax"].splitlines()) == 2
    assert outputs["jax"] == outputs["tensorflow"]
