"""A MultiModel of text, small enough to build in a second, and batches for it."""

import numpy as np
from changed_settings import change_settings

from t2t_mm.features import Language
from t2t_mm.model.build import ModalitySpec, build_multimodel
from t2t_mm.settings import HParams

TEXT = "language:shared"
VOCABULARY = 23
HPARAMS = change_settings(
    HParams(),
    width=16,
    num_heads=2,
    encoder_blocks=2,
    mixer_blocks=1,
    decoder_blocks=2,
    num_experts=4,
    experts_per_token=2,
    expert_width=8,
)


def make_model(seed=1, inputs=(), targets=(), **changes):
    """A model of two commands, of text and of further nets, pairs of a share key and a spec."""
    text = {TEXT: ModalitySpec(Language(), VOCABULARY)}
    hparams = change_settings(HPARAMS, **changes)
    return build_multimodel(
        hparams.model,
        experts=hparams.experts,
        inputs=text | dict(inputs),
        targets=dict(targets) or text,
        commands=["to_german", "to_french"],
        num_problems=2,
        seed=seed,
    )


def make_talkative_model(**changes):
    """Its outputs are long and differ."""
    model = make_model(**changes)
    for index, weight in enumerate(model.trainable_weights):
        noise = np.random.default_rng(index).normal(0, 0.2, weight.shape)
        weight.assign(weight + noise)
    return model


def spread_gates(model):
    """A new gate sends every position to the same experts; give it an opinion."""
    for weight in model.weights:
        if weight.path.endswith("gate/choice"):
            weight.assign(np.random.default_rng(7).normal(size=weight.shape))
    return model


def ids(batch, length, seed=0):
    return np.random.default_rng(seed).integers(2, VOCABULARY, (batch, length)).astype("int32")
