"""From settings to a MultiModel; of the settings of the nets each net takes its own fields."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keras

from t2t_mm import registry
from t2t_mm.errors import UserError
from t2t_mm.features import Feature
from t2t_mm.layers.on_mesh_tensorflow.expert_placement import prepare_expert_devices
from t2t_mm.modalities.base import Modality
from t2t_mm.model.decoder import Decoder
from t2t_mm.model.encoder import Encoder
from t2t_mm.model.mixer import Mixer
from t2t_mm.model.multimodel import MultiModel
from t2t_mm.settings import ExpertHParams, ModalityHParams, ModelHParams


class ModalitySpec(NamedTuple):
    """One net to build.

    Attributes:
        feature: What the problems declare.
        vocabulary_size: Size of its vocabulary or number of its classes; 0 where it has none.
    """

    feature: Feature
    vocabulary_size: int = 0


def build_multimodel(
    hparams: ModelHParams,
    *,
    experts: ExpertHParams,
    inputs: Mapping[str, ModalitySpec],
    targets: Mapping[str, ModalitySpec],
    commands: Sequence[str],
    seed: int,
    nets: ModalityHParams | None = None,
    num_problems: int = 1,
) -> MultiModel:
    """Build a MultiModel with every variable created and initialized.

    Mixer and decoder are left out where all targets are made from the encoder's output.

    Args:
        hparams: The section of the settings for the body.
        experts: The section for its mixtures of experts.
        inputs: Nets that read, by share key.
        targets: Nets that write, by share key; a key in both is one net.
        commands: Their names, in the order of their indices; "" for a problem whose target is a
            class, which needs none.
        seed: Of initial weights, dropout and gate noise. The same seed gives the same model.
        nets: The section for the modalities' nets; None: its defaults.
        num_problems: How many problems there are, for gates that look at the problem.

    Returns:
        The model; its variables' paths are stable and unique.

    Raises:
        UserError: Two nets, or two commands, would have one name in checkpoints.

    Example:
        >>> from t2t_mm.features import Language
        >>> tiny, nets = registry.hparams("multimodel_tiny"), {"text": ModalitySpec(Language(), 16)}
        >>> model = build_multimodel(tiny.model, experts=tiny.experts, inputs=nets, targets=nets,
        ...                          commands=["to_german"], seed=1)
        >>> [weight.path for weight in model.weights][:2]
        ['multimodel/commands', 'multimodel/encoder/block0/step1/depthwise']
    """
    with _seed_layers(seed), _set_precision(hparams.precision):
        modalities = _make_modalities(hparams.width, nets, inputs, targets)
        mixtures = _collect_expert_arguments(experts, num_problems, hparams.gain_per_channel)
        decodes = not all(modalities[key].reads_encoder for key in targets)
        before = experts.moe_after or (None, None)
        model = MultiModel(
            encoder=_make_encoder(hparams, mixtures, before[0]),
            mixer=_make_mixer(hparams) if decodes else None,
            decoder=_make_decoder(hparams, mixtures, before[1]) if decodes else None,
            modalities=modalities,
            commands=commands,
            balance_loss_weight=experts.balance_loss_weight,
            z_loss_weight=experts.z_loss_weight,
            name="multimodel",
        )
        _refuse_alike("nets", {key: net.name for key, net in modalities.items()})
        model.build()
        if model.command_embeddings is not None:
            rows = model.row_names[model.command_embeddings.path]
            _refuse_alike("commands", dict(zip(commands, rows, strict=True)))
    return model


def _refuse_alike(what: str, names: Mapping[str, str]) -> None:
    """Refuse those of different keys and one name: a checkpoint would hold one of them only."""
    first: dict[str, str] = {}
    for key, name in names.items():
        if (other := first.setdefault(name, key)) != key:
            raise UserError(
                f"The {what} {other!r} and {key!r} are not told apart: checkpoints write '/' as a "
                "full stop in their names",
                received={"name": name},
                fix="Rename a problem, its command or what it shares.",
            )


@contextlib.contextmanager
def _seed_layers(seed: int) -> Iterator[None]:
    """Fix the seeds that Keras's initializers and seed generators draw from Python's random."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


@contextlib.contextmanager
def _set_precision(policy: str) -> Iterator[None]:
    """Give the layers that are made within it a dtype policy."""
    earlier = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(earlier)


def _collect_expert_arguments(
    experts: ExpertHParams, num_problems: int, gain_per_channel: bool
) -> dict[str, Any] | None:
    if not experts.use_experts:
        return None
    by_gate: dict[str, dict[str, Any]] = {
        "position": {
            "dispatch_arguments": {
                "dispatch": experts.expert_dispatch,
                "capacity_factor": experts.capacity_factor,
                "devices": prepare_expert_devices(experts.mesh_shape),
            }
        },
        "problem": {"num_problems": num_problems},
    }
    return {
        "num_experts": experts.num_experts,
        "experts_per_token": experts.experts_per_token,
        "expert_width": experts.expert_width,
        "outer_residual": experts.outer_residual,
        "gain_per_channel": gain_per_channel,
        "gate_arguments": {
            "balancing": experts.balancing,
            "bias_update_rate": experts.bias_update_rate,
            "entry_steps": experts.entry_steps,
        },
        **by_gate[experts.gate],
    }


def _collect_attention_arguments(hparams: ModelHParams) -> dict[str, Any] | None:
    if not hparams.use_attention:
        return None
    return {
        "num_heads": hparams.num_heads,
        "dropout": hparams.attention_dropout,
        "convolutions": hparams.attention_convolutions,
        "block_dropout": hparams.dropout,
        "gain_per_channel": hparams.gain_per_channel,
    }


def _make_encoder(
    hparams: ModelHParams, experts: dict[str, Any] | None, moe_after: int | None
) -> Encoder:
    return Encoder(
        hparams.encoder_blocks,
        experts=experts,
        moe_after=moe_after,
        dropout=hparams.dropout,
        timing=hparams.timing_on_inputs,
        gain_per_channel=hparams.gain_per_channel,
        name="encoder",
    )


def _make_mixer(hparams: ModelHParams) -> Mixer:
    return Mixer(
        hparams.mixer_blocks,
        attention=_collect_attention_arguments(hparams),
        join=hparams.mixer_join,
        dropout=hparams.dropout,
        gain_per_channel=hparams.gain_per_channel,
        name="mixer",
    )


def _make_decoder(
    hparams: ModelHParams, experts: dict[str, Any] | None, moe_after: int | None
) -> Decoder:
    return Decoder(
        hparams.decoder_blocks,
        attention=_collect_attention_arguments(hparams),
        experts=experts,
        moe_after=moe_after,
        dropout=hparams.dropout,
        gain_per_channel=hparams.gain_per_channel,
        final_norm=hparams.final_norm,
        name="decoder",
    )


def _make_modalities(
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
            nets=settings or ModalityHParams(),
            reads=key in inputs,
            writes=key in targets,
            name=key.replace(":", "_").replace("/", "."),
        )
    return nets
