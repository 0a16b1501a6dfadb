"""The shapes that `step.py` measures: models, tasks and random batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from t2t_mm.features import Audio, Categorical, Feature, Image, Language

VOCABULARY_SIZE = 8192
NUM_CLASSES = 1000


@dataclass(frozen=True)
class Case:
    """One shape of batch for one set of settings.

    Args:
        hparams_set: Name of the set.
        batch_size: Examples.
        inputs: What is read.
        input_shape: Of one example: pieces, pixels or frames.
        target_length: Pieces to write; 0 for a class.
    """

    hparams_set: str
    batch_size: int
    inputs: Feature
    input_shape: tuple[int, ...]
    target_length: int

    @property
    def targets(self) -> Feature:
        """What is written."""
        classes = Categorical(num_classes=NUM_CLASSES, share="benchmark")
        return Language() if self.target_length else classes


TEXT, PICTURE, SOUND = Language(), Image(), Audio(num_bands=80)
CASES = {
    "text base": Case("multimodel_base", 16, TEXT, (64,), 64),
    "text tiny": Case("multimodel_tiny", 16, TEXT, (32,), 32),
    "image base": Case("multimodel_base", 4, PICTURE, (224, 224, 3), 0),
    "image tiny": Case("multimodel_tiny", 8, PICTURE, (224, 224, 3), 0),
    "caption base": Case("multimodel_base", 4, PICTURE, (224, 224, 3), 16),
    "audio base": Case("multimodel_base", 4, SOUND, (1024, 80), 32),
}
GPU_CASES = {
    "text base": Case("multimodel_base", 256, TEXT, (64,), 64),
    "audio base": Case("multimodel_base", 32, SOUND, (1024, 80), 32),
    "image base": Case("multimodel_base", 64, PICTURE, (224, 224, 3), 0),
    "caption base": Case("multimodel_base", 64, PICTURE, (224, 224, 3), 16),
    "text tiny": CASES["text tiny"],
}
"""Batches that fill a GPU."""


def build_step_and_task(case: Case, settings: str) -> tuple[Any, Any]:
    """Build the training step of a set's model for one pair of modalities, and the task.

    Args:
        case: The shape.
        settings: What differs from the set, as for `t2t-trainer --hparams`.
    """
    from t2t_mm.registry import load_hparams
    from t2t_mm.training.backend import find_backend
    from t2t_mm.training.step import TrainStep

    hparams = load_hparams(case.hparams_set, overrides=settings)
    model, task = build_model_and_task(case, hparams)
    backend = find_backend()(model, hparams.optimizer, hparams.train)
    return TrainStep(backend), task


def build_model_and_task(case: Case, hparams: Any) -> tuple[Any, Any]:
    """Build the model of a set that runs one pair of modalities, and the task."""
    from t2t_mm.model.build import ModalitySpec, build_multimodel
    from t2t_mm.run.task import Task

    writes = "text" if case.target_length else ""
    nets = (case.inputs.share_key, case.targets.share_key)
    task = Task("benchmark", case.inputs, case.targets, writes, 0, (), nets)
    sizes = {"language": VOCABULARY_SIZE, "categorical": NUM_CLASSES}
    model = build_multimodel(
        hparams.model,
        experts=hparams.experts,
        inputs={nets[0]: ModalitySpec(case.inputs, sizes.get(case.inputs.modality, 0))},
        targets={nets[1]: ModalitySpec(case.targets, sizes[case.targets.modality])},
        commands=[writes],
        seed=1,
        nets=hparams.modality,
    )
    return model, task


def draw_batch(case: Case) -> dict[str, Any]:
    """Draw a batch without padding, as the input pipelines make them."""
    import numpy as np

    generator = np.random.default_rng(0)
    shape = (case.batch_size, *case.input_shape)
    if case.inputs.modality == "language":
        batch = {"inputs": generator.integers(2, VOCABULARY_SIZE, shape).astype("int32")}
    else:
        sizes = np.tile(np.array(case.input_shape[: 2 if len(shape) == 4 else 1]), (shape[0], 1))
        inputs = generator.normal(size=shape).astype("float32")
        batch = {"inputs": inputs, "inputs_size": sizes.astype("int32")}
    if case.target_length:
        pieces = generator.integers(2, VOCABULARY_SIZE, (shape[0], case.target_length))
        batch["targets"] = pieces.astype("int32")
    else:
        batch["targets"] = generator.integers(0, NUM_CLASSES, shape[0]).astype("int32")
    return batch
