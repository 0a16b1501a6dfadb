"""Runs that are killed at random moments, again and again, and end as one that never was.

    python tests/kills.py --tensorflow=50 --jax=10
    python tests/kills.py --tensorflow=0 --jax=3 --hparams=train.accumulate_steps=2

Each run is started, killed by SIGKILL at a moment drawn by dice, and started again until it has
ended by itself. Then its weights, its optimizer and its losses are those of a run that was not
disturbed, to the last bit. After each kill the newest whole checkpoint is no older than the last
one that the log calls written.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
PROBLEMS = ("algorithmic_copy", "algorithmic_reverse")
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
OFTEN = HPARAMS.replace("checkpoint_every=10", "checkpoint_every=3").replace(
    "eval_every=15", "eval_every=7"
)


def make_command(
    data_dir: Path, output_dir: Path, *flags: str, hparams: str = HPARAMS
) -> list[str]:
    """Return the command that starts a run, and goes on with it."""
    return [
        *(sys.executable, "-m", "t2t_mm.bin.t2t_trainer"),
        f"--problems={','.join(PROBLEMS)}",
        "--hparams_set=multimodel_tiny",
        f"--hparams={hparams}",
        f"--data_dir={data_dir}",
        f"--output_dir={output_dir}",
        "--eval_steps=2",
        "--deterministic",
        "--random_seed=3",
        *flags,
    ]


def make_environment() -> dict[str, str]:
    """Return the variables of a process that finds this checkout."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), *sys.path]))}


def make_data(folder: Path) -> Path:
    """Generate the data of the runs."""
    from t2t_mm.data.generation.datagen import generate_data
    from t2t_mm.data.generation.generation_options import GenerationOptions

    options = GenerationOptions(max_cases=300, progress=False)
    generate_data(list(PROBLEMS), data_dir=folder, tmp_dir=None, options=options)
    return folder


def list_losses(output_dir: Path) -> list[tuple[int, str, float]]:
    """Return the losses of a run: of each step, and of whose batch."""
    records = map(json.loads, (output_dir / "log.jsonl").read_text().splitlines())
    return [(r["step"], r["problem"], r["loss"]) for r in records if "loss" in r]


def load_arrays(output_dir: Path, name: str) -> dict[str, np.ndarray]:
    """Return the arrays of the last checkpoint."""
    with np.load(output_dir / "checkpoints" / f"{STEPS:08d}" / f"{name}.npz") as arrays:
        return dict(arrays)


def list_differences(ours: Path, theirs: Path) -> list[str]:
    """Name what two ended runs do not have in common; bits count."""
    different = [] if list_losses(ours) == list_losses(theirs) else ["losses"]
    for name in ("weights", "optimizer"):
        one, other = load_arrays(ours, name), load_arrays(theirs, name)
        if one.keys() != other.keys():
            different.append(f"names in {name}")
        different += [key for key in one if one[key].tobytes() != other[key].tobytes()]
    return different


def find_steps(output_dir: Path) -> tuple[int, int]:
    """Return the newest whole checkpoint, and the newest that the log calls written; 0: none."""
    checkpoints = output_dir / "checkpoints"
    whole = [int(path.name) for path in checkpoints.glob("*") if path.name.isdigit()]
    written = [0]
    log = output_dir / "log.jsonl"
    for line in log.read_text().splitlines() if log.exists() else ():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:  # the kill cut it
            continue
        written += [record["step"]] * (record["kind"] == "checkpoint")
    return max(whole, default=0), max(written)


def name_moment(output_dir: Path, has_begun: bool) -> str:
    """Say what a killed run was doing, as its folder shows."""
    checkpoints = output_dir / "checkpoints"
    if any(checkpoints.glob("*.incomplete")):
        return "saving"
    step, _ = find_steps(output_dir)
    state = checkpoints / f"{step:08d}" / "state.json"
    if state.exists() and json.loads(state.read_text())["awaits_evaluation"]:
        log = (output_dir / "log.jsonl").read_text()
        return "evaluating" if f'"step": {step + 1},' not in log else "training"
    return "training" if has_begun else "starting"


class Killer:
    """Starts a run again and again, and kills it.

    Args:
        command: Of the run.
        output_dir: Its folder.
        dice: Draw the moments.
    """

    def __init__(self, command: list[str], output_dir: Path, dice: np.random.Generator) -> None:
        self.command = command
        self.output_dir = output_dir
        self.dice = dice
        self.log = output_dir / "log.jsonl"

    def start(self, seconds: float) -> str:
        """Start the run, and kill it within so many seconds of its first step; say when.

        One time in five they count from the start of the process. "" is for a run that has ended.
        """
        process = subprocess.Popen(
            self.command, env=make_environment(), stderr=subprocess.PIPE, text=True
        )
        start, size = time.monotonic(), self._measure_log()
        waits = self.dice.random() < 0.8
        while waits and process.poll() is None and self._measure_log() == size:
            time.sleep(0.01)
        has_begun = self._measure_log() != size
        self.seconds_to_begin = time.monotonic() - start
        try:
            process.wait(self.dice.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        told = process.communicate()[1]
        if process.returncode == 0:
            return ""
        assert process.returncode == -signal.SIGKILL, told
        return name_moment(self.output_dir, has_begun)

    def _measure_log(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0


def kill_runs(backend: str, number: int, folder: Path, seed: int, hparams: str) -> bool:
    """Kill runs so many times; return whether all that ended are as the undisturbed one."""
    flags = [f"--backend={backend}", "--verify_checkpoints"]
    flags += ["--save_in_background"] * (backend == "jax")
    undisturbed = folder / f"{backend}_undisturbed"
    start = time.monotonic()
    command = make_command(folder / "data", undisturbed, *flags, hparams=hparams)
    subprocess.run(command, env=make_environment(), check=True, capture_output=True)
    seconds = (time.monotonic() - start) / 2  # about half of it is not the start
    dice, moments, runs, is_good = np.random.default_rng(seed), Counter[str](), 0, True
    while moments.total() < number:
        output_dir = folder / f"{backend}_{runs}"
        command = make_command(folder / "data", output_dir, *flags, hparams=hparams)
        killer, kills = Killer(command, output_dir, dice), 0
        while moment := killer.start(seconds if moments.total() < number else 1e6):
            whole, written = find_steps(output_dir)
            is_good &= whole >= written
            kills += 1
            moments[moment] += 1
            print(f"{backend} run {runs}: killed {moment}, step {whole} whole, {written} logged")
        if kills:
            different = list_differences(output_dir, undisturbed)
            is_good &= not different
            print(f"{backend} run {runs}: {kills} kills, different: {different or 'nothing'}")
            runs += 1
        shutil.rmtree(output_dir)
    print(f"{backend}: {moments.total()} kills of {runs} runs ({dict(moments)}): {is_good=}")
    return is_good


def main() -> int:
    """Kill as many runs as the command line says; return 1 if one ended otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tensorflow", type=int, default=50)
    parser.add_argument("--jax", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hparams", default="", help="settings that are changed, as NAME=VALUE")
    asked = parser.parse_args()
    hparams = f"{OFTEN},{asked.hparams}".rstrip(",")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder / "data")
        results = [
            kill_runs(backend, number, folder, asked.seed, hparams)
            for backend, number in (("tensorflow", asked.tensorflow), ("jax", asked.jax))
            if number
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
