"""A run killed at any step and started again is, to the last bit, the run that was never killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from t2t_mm.data.generation.generation_options import GenerationOptions
from t2t_mm.training.on_tensorflow.tensorflow_backend import LEAST_POSTPONED

STEPS = 40
CLIP_NORM = 0.5
HPARAMS = (
    # Wide enough that updates wait; all that is on by default is on.
    "model.width=256,model.num_heads=4,experts.expert_width=256,experts.num_experts=4,"
    "model.encoder_blocks=1,model.mixer_blocks=0,model.decoder_blocks=1,model.dropout=0.1,"
    "experts.balancing=bias,"  # whose biases are a state that no gradient trains
    "data.batch_tokens=256,data.max_pieces=64,train.log_every=1,train.checkpoint_every=10,"
    f"train.steps={STEPS},train.eval_every=15,optimizer.warmup_steps=5,"
    f"optimizer.clip_norm={CLIP_NORM}"
)


def trainer(data_dir: Path, output_dir: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "t2t_mm.bin.t2t_trainer"),
        "--problems=algorithmic_copy,algorithmic_reverse",
        "--hparams_set=multimodel_tiny",
        f"--hparams={HPARAMS}",
        f"--data_dir={data_dir}",
        f"--output_dir={output_dir}",
        "--eval_steps=2",
        "--deterministic",
        "--random_seed=3",
    ]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from t2t_mm.data.generation.datagen import generate_data

    directory = tmp_path_factory.mktemp("data")
    generate_data(
        ["algorithmic_copy", "algorithmic_reverse"],
        data_dir=directory,
        tmp_dir=None,
        options=GenerationOptions(max_cases=300, progress=False),
    )
    return directory


def logged_losses(output_dir: Path) -> list[tuple[int, str, float]]:
    records = map(json.loads, (output_dir / "log.jsonl").read_text().splitlines())
    return [(r["step"], r["problem"], r["loss"]) for r in records if "loss" in r]


def check_every_path_was_taken(output_dir: Path) -> None:
    """Checks that updates waited, gradients were clipped, and noise was on."""
    settings = json.loads((output_dir / "hparams.json").read_text())
    assert settings["train"]["overlap_update"] and not settings["train"]["jit_compile"]
    assert settings["experts"]["expert_dispatch"] == "auto"  # ragged, in graphs on a CPU
    assert settings["model"]["dropout"] > 0 and settings["model"]["attention_dropout"] > 0
    large = [name for name, one in last_weights(output_dir).items() if one.size >= LEAST_POSTPONED]
    assert len([name for name in large if "/experts/" in name]) == 2 * 2 * 4
    assert len([name for name in large if "pointwise" in name]) > 8
    records = list(map(json.loads, (output_dir / "log.jsonl").read_text().splitlines()))
    norms = [record["gradient_norm"] for record in records if "gradient_norm" in record]
    assert sum(norm > CLIP_NORM for norm in norms) > STEPS / 4


def last_weights(output_dir: Path) -> dict[str, np.ndarray]:
    with np.load(output_dir / "checkpoints" / f"{STEPS:08d}" / "weights.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def kill_after_step(command: list[str], output_dir: Path, step: int) -> None:
    process = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL)
    log = output_dir / "log.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if log.exists() and f'"step": {step},' in log.read_text():
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL, "the run ended before it could be killed"


@pytest.mark.slow
def test_a_killed_run_goes_on_bit_for_bit(data_dir: Path, tmp_path: Path) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    subprocess.run(
        trainer(data_dir, undisturbed), env=environment(), check=True, capture_output=True
    )
    kill_after_step(
        trainer(data_dir, killed), killed, int(np.random.default_rng().integers(11, 25))
    )
    assert not (killed / "checkpoints" / f"{STEPS:08d}").exists()
    resumed = subprocess.run(
        trainer(data_dir, killed), env=environment(), check=True, capture_output=True, text=True
    )
    assert "resumed at step" in resumed.stderr
    assert logged_losses(killed) == logged_losses(undisturbed)
    assert len(logged_losses(killed)) == STEPS
    check_every_path_was_taken(undisturbed)
    ours, theirs = last_weights(killed), last_weights(undisturbed)
    assert ours.keys() == theirs.keys()
    different = [name for name, array in ours.items() if not np.array_equal(array, theirs[name])]
    assert not different
