"""What the parts of the MultiModel hand on: encoded inputs, logits, and how experts were used.

Axis letters: B batch, L input positions, T target positions, D body width, V classes, E experts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from t2t_mm.layers.caching import Cache
from t2t_mm.layers.experts.gating import Routing
from t2t_mm.modalities.base import Positions

Tensor = Any


class ExpertReport(NamedTuple):
    """How one mixture of experts was used in one call.

    Attributes:
        name: "encoder" or "decoder"; the rest is that of its `Routing`, losses not weighted.
    """

    name: str
    experts: Tensor
    gates: Tensor
    importance: Tensor
    load: Tensor
    balance_loss: Tensor
    z_loss: Tensor
    dropped_share: Tensor | None = None


class Encoded(NamedTuple):
    """The encoder's output.

    Attributes:
        positions: float[B, L, D] and its mask.
        reports: One for each mixture of experts of the encoder.
        problem: int scalar or int[B], as given to `encode`.
    """

    positions: Positions
    reports: list[ExpertReport]
    problem: Tensor | None = None


class DecodingCache(NamedTuple):
    """What the model remembers while it decodes step by step; see `layers.caching`.

    Attributes:
        command: float[1, B, D], the embedding of each row's command.
        mixer: Of the mixer.
        decoder: Of the decoder.
        problem: int[1, B], of each row; empty where `encode` was given none.
    """

    command: Tensor
    mixer: Cache
    decoder: Cache
    problem: Tensor | tuple[()] = ()


class Losses(NamedTuple):
    """What a call for training returns.

    Attributes:
        loss_sum: float32 scalar, summed over the real targets.
        weight: float32 scalar, their number.
        balance_loss: As in `Outputs`.
        reports: As in `Outputs`.
    """

    loss_sum: Tensor
    weight: Tensor
    balance_loss: Tensor
    reports: list[ExpertReport]


class Outputs(NamedTuple):
    """What a call of the model returns.

    Attributes:
        logits: float[B, T, V]; float[B, V] of a class.
        balance_loss: Scalar, the balance and z-losses, weighted: ready to be added to the loss.
        reports: One for each mixture of experts, encoder before decoder.
    """

    logits: Tensor
    balance_loss: Tensor
    reports: list[ExpertReport]


def make_expert_reports(name: str, routings: list[Routing]) -> list[ExpertReport]:
    """Make the reports of one part of the body from how its mixtures routed.

    Args:
        name: "encoder" or "decoder".
        routings: Of its mixtures, in their order.
    """
    return [ExpertReport(name, *routing) for routing in routings]
