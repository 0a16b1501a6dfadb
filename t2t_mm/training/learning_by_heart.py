"""One batch learned by heart and decoded: whether a problem can be learned at all, and its cost."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from t2t_mm.data.vocabulary.symbols import Vocabulary
from t2t_mm.inference.batch_decoder import BatchDecoder
from t2t_mm.run.task import Task, build_model
from t2t_mm.settings import HParams
from t2t_mm.training.backend import find_backend
from t2t_mm.training.objective import Batch
from t2t_mm.training.step import TrainStep, complete_batch

KNOWN: Final = 0.05
"""Loss, in nats per token, from which on a batch counts as known by heart."""

_LEARNING_RATE, _WARM_UP = 2e-3, 10
_KIB = 1024


@dataclass(frozen=True)
class Learned:
    """What became of a batch.

    Args:
        losses: Of each step, nats per token.
        outputs: What the model then makes of the inputs: texts, or names of classes.
        parameters: Of the model.
        operations: Of a step, forward and backward.
        peak_bytes: The most memory that accelerators, or without one this process, have held.
    """

    losses: list[float]
    outputs: list[str]
    parameters: int
    operations: float
    peak_bytes: int


def learn_by_heart(
    task: Task,
    vocabularies: Mapping[str, Vocabulary],
    batch: Batch,
    hparams: HParams,
    most_steps: int = 300,
) -> Learned:
    """Train a model on one batch until it is known, without dropout or masks, and decode that.

    Args:
        task: Alone in its model.
        vocabularies: By name.
        batch: "inputs", their sizes where there are some, and "targets".
        hparams: The model's; of the others only how outputs are decoded.
        most_steps: After which it is given up.
    """
    still = replace(hparams.model, dropout=0.0, attention_dropout=0.0)
    whole = replace(
        hparams.modality, audio_frequency_masks=0, audio_time_masks=0, symbol_dropout=0.0
    )
    settings = replace(hparams, model=still, modality=whole)
    train = replace(hparams.train, label_smoothing=0.0, accumulate_steps=1, overlap_update=False)
    model = build_model([task], vocabularies, settings)
    backend = find_backend()(model, hparams.optimizer, train)
    step = TrainStep(backend)
    losses: list[float] = []
    while len(losses) < most_steps and (not losses or losses[-1] > KNOWN):
        rate = _LEARNING_RATE * min(1.0, (len(losses) + 1) / _WARM_UP)
        losses.append(float(step.update(task, batch, rate)["loss"]))
    backend.settle()
    inputs = {name: values for name, values in batch.items() if name.startswith("inputs")}
    longest = max(hparams.decode.extra_length, np.shape(batch["targets"])[-1])
    decode: Any = BatchDecoder(model, vocabularies, replace(hparams.decode, extra_length=longest))
    return Learned(
        losses=losses,
        outputs=[output.text for output in decode(task, inputs)],
        parameters=model.count_params(),
        operations=backend.count_operations(task.signature, complete_batch(task, batch)),
        peak_bytes=backend.read_device_peak()
        or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB,
    )
