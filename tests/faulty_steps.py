"""Steps with a batch that is no number, taken on the backend that Keras has: into folders."""

from pathlib import Path
from typing import Any

import numpy as np
from both_backends import QUIET, RATE, make_bucketed_batch, make_task, save
from changed_settings import change_settings
from every_pair import CLASS, HPARAMS, PICTURE, SPECS

from t2t_mm.model.build import build_multimodel
from t2t_mm.settings import OptimizerHParams, TrainHParams
from t2t_mm.training.backend import Backend, find_backend
from t2t_mm.training.step import TrainStep

# What a forward pass changes by itself: biases of gates, running means, seeds.
CHANGES = QUIET | {"balancing": "bias", "norm": "batch", "dropout": 0.1, "image_widths": (8, 8)}
PAIR = (PICTURE, CLASS)


def make_backend(accumulate_steps: int = 1) -> Backend:
    hparams: Any = change_settings(HPARAMS, **CHANGES)
    model = build_multimodel(
        hparams.model,
        experts=hparams.experts,
        inputs={PICTURE: SPECS[PICTURE]},
        targets={CLASS: SPECS[CLASS]},
        commands=[],
        num_problems=2,
        seed=1,
        nets=hparams.modality,
    )
    train = TrainHParams(accumulate_steps=accumulate_steps)
    return find_backend()(model, OptimizerHParams(), train)


def make_faulty_batch() -> dict[str, np.ndarray]:
    batch = make_bucketed_batch(PAIR, 3)
    batch["inputs"] = batch["inputs"].copy()
    batch["inputs"][1, 5, 5, 0] = np.nan
    return batch


def skip_a_step(folder: Path) -> None:
    """Update by a good batch, a faulty one and a good one again; the state after each."""
    folder.mkdir(exist_ok=True)
    step = TrainStep(make_backend())
    task = make_task(PAIR)
    good = make_bucketed_batch(PAIR, 1)
    norms = []
    for name, batch in (("good", good), ("faulty", make_faulty_batch()), ("again", good)):
        norms.append(float(step.update(task, batch, RATE)["gradient_norm"]))
        save(step.backend, folder / name)
    np.save(folder / "norms.npy", norms)


def skip_a_part(folder: Path) -> None:
    """Update by two faulty batches, then by a faulty and a good one."""
    folder.mkdir(exist_ok=True)
    step = TrainStep(make_backend(2))
    task = make_task(PAIR)
    good, faulty = make_bucketed_batch(PAIR, 1), make_faulty_batch()
    save(step.backend, folder / "start")
    norms = []
    for name, batches in (("none", [faulty, faulty]), ("one", [faulty, good])):
        norms += [float(step.accumulate(task, one)["gradient_norm"]) for one in batches]
        norms.append(float(step.apply_accumulated(RATE)))
        save(step.backend, folder / name)
    np.save(folder / "norms.npy", norms)
