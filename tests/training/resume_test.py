"""A run killed at any step and started again is, to the last bit, the run that was never killed."""

import json
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from kills import (
    CLIP_NORM,
    STEPS,
    list_differences,
    list_losses,
    load_arrays,
    make_command,
    make_data,
    make_environment,
)

from t2t_mm.training.on_tensorflow.tensorflow_backend import LEAST_POSTPONED


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("data"))


def check_every_path_was_taken(output_dir: Path) -> None:
    """Checks that updates waited, gradients were clipped, and noise was on."""
    settings = json.loads((output_dir / "hparams.json").read_text())
    assert settings["train"]["overlap_update"] and not settings["train"]["jit_compile"]
    assert settings["experts"]["expert_dispatch"] == "auto"  # ragged, in graphs on a CPU
    assert settings["model"]["dropout"] > 0 and settings["model"]["attention_dropout"] > 0
    large = [
        name
        for name, one in load_arrays(output_dir, "weights").items()
        if one.size >= LEAST_POSTPONED
    ]
    assert len([name for name in large if "/experts/" in name]) == 2 * 2 * 4
    assert len([name for name in large if "pointwise" in name]) > 8
    records = list(map(json.loads, (output_dir / "log.jsonl").read_text().splitlines()))
    norms = [record["gradient_norm"] for record in records if "gradient_norm" in record]
    assert sum(norm > CLIP_NORM for norm in norms) > STEPS / 4


def kill_after_step(command: list[str], output_dir: Path, step: int) -> None:
    process = subprocess.Popen(command, env=make_environment(), stderr=subprocess.DEVNULL)
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
    environment, command = make_environment(), make_command(data_dir, killed)
    subprocess.run(
        make_command(data_dir, undisturbed), env=environment, check=True, capture_output=True
    )
    kill_after_step(command, killed, int(np.random.default_rng().integers(11, 25)))
    assert not (killed / "checkpoints" / f"{STEPS:08d}").exists()
    resumed = subprocess.run(
        make_command(data_dir, killed),
        env=make_environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    assert "resumed at step" in resumed.stderr
    assert len(list_losses(killed)) == STEPS
    check_every_path_was_taken(undisturbed)
    assert list_differences(killed, undisturbed) == []
