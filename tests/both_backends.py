"""Steps of one small model of all nets, taken on the backend that Keras has: into a folder.

`run_on_jax` runs such functions on JAX, where TensorFlow cannot be imported.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from every_pair import CLASS, SPECS, TEXT, make_batch, make_model
from keras import ops

from t2t_mm.evaluation.evaluator import Evaluator
from t2t_mm.features import BatchSpec
from t2t_mm.run.named_variables import restore_variables
from t2t_mm.run.task import Task
from t2t_mm.run.written_arrays import write_arrays
from t2t_mm.settings import OptimizerHParams, TrainHParams
from t2t_mm.training.backend import Backend, find_backend
from t2t_mm.training.freezing import freeze_variables
from t2t_mm.training.step import TrainStep, complete_batch

ROOT = Path(__file__).parents[1]
PAIRS = [(TEXT, TEXT), ("image", CLASS)]
STEPS = 8
RATE = 3e-3
NOISE = np.sin(np.arange(2**16) ** 1.5).astype("float32")
QUIET = {"dropout": 0.0, "attention_dropout": 0.0, "encoder_blocks": 1, "decoder_blocks": 1}


def draw_alike(shape: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
    """Noise that both backends draw alike; no axis of it is long enough to repeat itself."""
    return ops.reshape(ops.convert_to_tensor(NOISE)[: math.prod(shape)], shape)


def make_task(pair: tuple[str, str], command: int = 2) -> Task:
    source, target = (SPECS[key].feature for key in pair)
    return Task("-".join(pair), source, target, "any", command, (), pair, problem_index=1)


def make_backend(accumulate_steps: int = 1, **changes: Any) -> Backend:
    train = TrainHParams(accumulate_steps=accumulate_steps)
    return find_backend()(make_model(**QUIET | changes), OptimizerHParams(), train)


def make_bucketed_batch(pair: tuple[str, str], seed: int) -> dict[str, Any]:
    """A batch that has the size of its bucket already: noise is drawn for as much."""
    batch = make_batch(pair)
    for name in ("inputs", "targets"):
        if batch[name].ndim == 2:
            added = np.random.default_rng(seed).integers(2, 23, (3, 3)).astype("int32")
            added[1] = 0
            batch[name] = np.concatenate([batch[name], added], axis=1)
    if batch["inputs"].ndim == 4:
        batch["inputs"] = np.pad(batch["inputs"], [(0, 0), (0, 16), (0, 28), (0, 0)])
        batch["inputs"] *= np.float32(1 + 0.1 * seed)
    return {name: batch[name] for name in batch if name not in ("command", "problem")}


def save(backend: Backend, path: Path) -> None:
    backend.settle()
    path.mkdir(parents=True)
    for name, arrays in backend.state().items():
        write_arrays(path / f"{name}.npz", arrays)


def restore(backend: Backend, path: Path) -> None:
    backend.settle()
    for name, arrays in backend.state().items():
        restore_variables(path / f"{name}.npz", arrays)


def update(step: TrainStep, task: Task, batch: Any, rate: float = RATE) -> dict[str, Any]:
    metrics = step.update(task, batch, rate)
    names = ("loss", "balance_loss", "gradient_norm", "target_tokens", "padded_tokens", "examples")
    loads = {name: np.asarray(load).tolist() for name, load in metrics["expert_load"].items()}
    return {name: float(metrics[name]) for name in names} | {"loads": loads}


def take_steps(
    backend: Backend, batches: Sequence[tuple[Task, Any]], folder: Path, starts: Path
) -> None:
    """Take each step from a state that is there, then all from the first, running free.

    Args:
        backend: Of a model, without dropout.
        batches: One for each step, and whose it is.
        folder: Gets the state after each step, and the metrics.
        starts: Has the state before each step; made if it is not there.
    """
    keras.random.normal = draw_alike
    step = TrainStep(backend)
    metrics = []
    for index, batch in enumerate(batches):
        if (starts / str(index)).exists():
            restore(backend, starts / str(index))
        elif index:
            (starts / str(index)).symlink_to(folder / str(index - 1))
        else:
            save(backend, starts / "0")
        metrics.append(update(step, *batch))
        save(backend, folder / str(index))
    restore(backend, starts / "0")
    free = [update(step, *batch) for batch in batches]
    (folder / "metrics.json").write_text(json.dumps({"single": metrics, "free": free}))


def take_small_steps(folder: Path, starts: Path) -> None:
    """Take steps of a text and of a picture in turns."""
    pairs = [PAIRS[index % len(PAIRS)] for index in range(STEPS)]
    batches = [(make_task(p), make_bucketed_batch(p, index)) for index, p in enumerate(pairs)]
    take_steps(make_backend(), batches, folder, starts)


def list_gradients(steps: Path, index: int) -> dict[str, tuple[Any, Any, float]]:
    """Return the gradients of a step on TensorFlow and on JAX, and what rounding makes of them.

    They are read from Adam's first moment: m' = 0.9 m + 0.1 g.
    """
    start = load_arrays(steps / "starts" / str(index) / "optimizer.npz")
    ours, theirs = (
        load_arrays(steps / backend / str(index) / "optimizer.npz")
        for backend in ("tensorflow", "jax")
    )
    assert ours.keys() == theirs.keys()
    found = {}
    for name in (name for name in ours if name.startswith("first_moment/")):
        pair = [(one[name] - 0.9 * start[name]) * 10 for one in (ours, theirs)]
        found[name] = (*pair, 1e-6 * float(np.linalg.norm(start[name])) + 1e-8)
    return found


def load_arrays(path: Path) -> dict[str, Any]:
    with np.load(path) as arrays:
        return dict(arrays)


def accumulate(folder: Path) -> None:
    """Update by one batch of two halves, and by the halves one after the other: into folders."""
    plain = {"use_experts": False, "mixer_blocks": 0}  # experts are balanced batch by batch
    whole, parts = (TrainStep(make_backend(number, **plain)) for number in (1, 2))
    halves = [make_bucketed_batch((TEXT, TEXT), seed) for seed in (1, 2)]
    both = {name: np.concatenate([half[name] for half in halves]) for name in halves[0]}
    task = make_task((TEXT, TEXT))
    norms = []
    for _ in range(3):
        norms.append(float(whole.update(task, both, RATE)["gradient_norm"]))
        for half in halves:
            parts.accumulate(task, half)
        norms.append(float(parts.apply_accumulated(RATE)))
    save(whole.backend, folder / "whole")
    save(parts.backend, folder / "parts")
    (folder / "norms.json").write_text(json.dumps(norms))


def count_operations(path: Path) -> None:
    """Count the operations of an update as on a CPU, and where XLA's client is a plugin's."""
    from jax._src import xla_bridge

    backend, task = make_backend(), make_task((TEXT, TEXT))
    batch = complete_batch(task, make_bucketed_batch((TEXT, TEXT), 1))
    counted = [backend.count_operations(task.signature, batch)]
    xla_bridge.using_pjrt_c_api = lambda backend: True
    counted.append(backend.count_operations(task.signature, batch))
    path.write_text(json.dumps(counted))


def train_in_bfloat16(folder: Path) -> None:
    """Update by one batch again and again, in mixed precision with dropout: losses into a file."""
    changes = {"precision": "mixed_bfloat16", "dropout": 0.1, "attention_dropout": 0.1}
    step = TrainStep(make_backend(**changes))
    folder.mkdir()
    save(step.backend, folder / "before")
    batch, task = make_bucketed_batch((TEXT, TEXT), 1), make_task((TEXT, TEXT))
    losses = [float(step.update(task, batch, 1e-2)["loss"]) for _ in range(12)]
    save(step.backend, folder / "after")
    (folder / "losses.json").write_text(json.dumps(losses))


def train_partly_frozen(folder: Path, pattern: str, accumulate_steps: int = 1) -> None:
    """Update by a picture and by a text what a pattern does not freeze: states into folders."""
    model = make_model(**QUIET | {"norm": "batch"})
    names = freeze_variables(model, pattern)
    train = TrainHParams(accumulate_steps=accumulate_steps)
    backend = find_backend()(model, OptimizerHParams(), train)
    keras.random.normal = draw_alike
    step = TrainStep(backend)
    save(backend, folder / "before")
    for pair in (("image", TEXT), (TEXT, TEXT)):
        if accumulate_steps == 1:
            step.update(make_task(pair), make_bucketed_batch(pair, 1), RATE)
        else:
            step.accumulate(make_task(pair), make_bucketed_batch(pair, 1))
    if accumulate_steps > 1:
        step.apply_accumulated(RATE)
    save(backend, folder / "after")
    (folder / "frozen.json").write_text(json.dumps(names))


def score(path: Path, starts: Path) -> None:
    """Score batches with the first weights, teacher-forced: scores and experts' use by pair."""
    backend = make_backend()
    restore(backend, starts / "0")
    evaluator = Evaluator(backend.model, batch=BatchSpec(examples=3))
    scores = {}
    for pair in (*PAIRS, (CLASS, TEXT)):
        batches = [
            make_batch(pair),
            {name: one[:2] for name, one in make_batch(pair).items() if np.ndim(one)},
        ]
        scores["/".join(pair)] = evaluator.score_with_experts(make_task(pair), batches)
    path.write_text(json.dumps(scores))


def run_on_jax(*calls: str, module: str = "both_backends") -> None:
    """Run calls of functions of a module on JAX, in a process of its own.

    Keras has one backend in each.
    """
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",  # compiles faster
    }
    program = (
        "import sys\n"
        "sys.modules['tensorflow'] = None  # any import of it now fails\n"
        "from pathlib import PosixPath\n"
        f"from {module} import *\n" + "\n".join(calls)
    )
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, cwd=ROOT)
