"""Training on `tiny_senses`, and what a run leaves behind."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import t2t_mm
from t2t_mm.settings import HParams


@dataclass(frozen=True)
class SensesRun:
    """Where a run and its data are; no test changes either."""

    output_dir: Path
    data_dir: Path


@contextlib.contextmanager
def determinism_ends() -> Iterator[None]:
    """Switches off again what `train.deterministic` switches on for the whole process."""
    import tensorflow as tf
    from tensorflow.python.framework.config import disable_op_determinism

    try:
        yield
    finally:
        disable_op_determinism()
        tf.config.optimizer.set_experimental_options({"arithmetic_optimization": True})


def train(
    problems: Sequence[str],
    data_dir: Path,
    output_dir: Path,
    settings: HParams,
    evaluate: bool = False,
) -> None:
    with determinism_ends():
        t2t_mm.train(
            list(problems),
            hparams=settings,
            data_dir=data_dir,
            output_dir=output_dir,
            options=t2t_mm.TrainingOptions(evaluate=evaluate),
        )


def records(output_dir: Path) -> list[dict[str, Any]]:
    """Returns the records of the run's log."""
    return [json.loads(line) for line in (output_dir / "log.jsonl").read_text().splitlines()]


def losses(output_dir: Path) -> list[tuple[int, str, float]]:
    """Returns step, problem and loss of each interval of the log."""
    return [(r["step"], r["problem"], r["loss"]) for r in records(output_dir) if "loss" in r]


def weights(output_dir: Path, step: int) -> dict[str, np.ndarray]:
    """Returns the variables of a checkpoint by path: multimodel/NET or PART/..."""
    with np.load(output_dir / "checkpoints" / f"{step:08d}" / "weights.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def parts_that_differ(some: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> set[str]:
    """Returns the nets and parts of the body of which two checkpoints hold other weights."""
    assert some.keys() == others.keys()
    return {path.split("/")[1] for path in some if not np.array_equal(some[path], others[path])}
