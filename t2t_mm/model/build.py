"""From settings to a MultiModel: the only place where the two meet."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from t2t_mm import registry
from t2t_mm.config import ModalityHParams, ModelHParams
from t2t_mm.features import Feature
from t2t_mm.modalities.base import Modality
from t2t_mm.model.decoder import Decoder
from t2t_mm.model.encoder import Encoder
from t2t_mm.model.expert_placement import expert_devices
from t2t_mm.model.mixer import Mixer
from t2t_mm.model.multimodel import MultiModel


class ModalitySpec(NamedTuple):
    """One net to build.

    Attributes:
        feature: what the problems declare.
        vocabulary_size: size of its vocabulary or number of its classes; 0 where it has none.
    """

    feature: Feature
    vocabulary_size: int = 0


def build_multimodel(
    hparams: ModelHParams,
    *,
    inputs: Mapping[str, ModalitySpec],
    targets: Mapping[str, ModalitySpec],
    commands: Sequence[str],
    seed: int,
    nets: ModalityHParams | None = None,
) -> MultiModel:
    """Builds a MultiModel with every variable created and initialized.

    Mixer and decoder are left out where all targets are made from the encoder's output.

    Args:
        hparams: the model's section of the settings.
        inputs: nets that read, by share key.
        targets: nets that write, by share key; a key in both is one net.
        commands: their names, in the order of their indices; "" for a problem whose target is a
            class, which needs none.
        seed: of initial weights, dropout and gate noise. The same seed gives the same model.
        nets: the section of the settings for the modalities' nets; None: its defaults.

    Returns:
        The model; its variables' paths are stable and unique.

    Example:
        >>> text = {"language:shared": ModalitySpec(Language(), 8192)}
        >>> build_multimodel(hparams.model, inputs=text, targets=text, commands=["ende"], seed=1)
    """
    with _seeded_layers(seed):
        modalities = _modalities(hparams.width, nets, inputs, targets)
        decodes = not all(modalities[key].reads_encoder for key in targets)
        model = MultiModel(
            encoder=_encoder(hparams),
            mixer=_mixer(hparams) if decodes else None,
            decoder=_decoder(hparams) if decodes else None,
            modalities=modalities,
            commands=commands,
            balance_loss_weight=hparams.balance_loss_weight,
            name="multimodel",
        )
        model.build()
    return model


@contextlib.contextmanager
def _seeded_layers(seed: int) -> Iterator[None]:
    """Fixes the seeds that Keras's initializers and seed generators draw from Python's random."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def _experts(hparams: ModelHParams) -> dict[str, Any] | None:
    if not hparams.use_experts:
        return None
    return {
        "num_experts": hparams.num_experts,
        "experts_per_token": hparams.experts_per_token,
        "expert_width": hparams.expert_width,
        "dispatch": hparams.expert_dispatch,
        "gain_per_channel": hparams.gain_per_channel,
        "devices": expert_devices(hparams.mesh_shape),
    }


def _attention(hparams: ModelHParams) -> dict[str, Any] | None:
    if not hparams.use_attention:
        return None
    return {
        "num_heads": hparams.num_heads,
        "dropout": hparams.attention_dropout,
        "block_dropout": hparams.dropout,
        "gain_per_channel": hparams.gain_per_channel,
    }


def _encoder(hparams: ModelHParams) -> Encoder:
    return Encoder(
        hparams.encoder_blocks,
        experts=_experts(hparams),
        dropout=hparams.dropout,
        timing=hparams.timing_on_inputs,
        gain_per_channel=hparams.gain_per_channel,
        name="encoder",
    )


def _mixer(hparams: ModelHParams) -> Mixer:
    return Mixer(
        hparams.mixer_blocks,
        attention=_attention(hparams),
        join=hparams.mixer_join,
        dropout=hparams.dropout,
        gain_per_channel=hparams.gain_per_channel,
        name="mixer",
    )


def _decoder(hparams: ModelHParams) -> Decoder:
    return Decoder(
        hparams.decoder_blocks,
        attention=_attention(hparams),
        experts=_experts(hparams),
        dropout=hparams.dropout,
        gain_per_channel=hparams.gain_per_channel,
        name="decoder",
    )


def _modalities(
    width: int,
    settings: ModalityHParams | None,
    inputs: Mapping[str, ModalitySpec],
    targets: Mapping[str, ModalitySpec],
) -> dict[str, Modality]:
    nets: dict[str, Modality] = {}
    for key, spec in sorted({**inputs, **targets}.items()):
        net_class = registry.modality(spec.feature.modality)
        nets[key] = net_class.from_feature(
            spec.feature,
            vocabulary_size=spec.vocabulary_size,
            width=width,
            nets=settings,
            reads=key in inputs,
            writes=key in targets,
            name=key.replace(":", "_"),
        )
    return nets
