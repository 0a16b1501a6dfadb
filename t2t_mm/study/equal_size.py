"""How wide the feed-forward nets of a control are to be, so that it is as large as another model.

A control without a block has fewer parameters and operations; this gives them back to the net in
the middle of encoder and decoder. Only attention and the mixtures of experts are counted: all else
of the body, and the nets around it, are the same in both.

Axis letters: D width, E experts, K chosen, F expert width.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from t2t_mm.settings import HParams

TOLERANCE = 0.03
"""Share of the other model's count that a control may be off and still be left as it is."""

LENGTH = 32
"""Positions of the source, and of the targets, for which operations are counted."""

_TAPS = {"steps": (5, 5), "blocks": 2 * (3, 3, 15, 15)}
"""Of the convolutions in front of an attention, by `model.attention_convolutions`."""

Count = Callable[[HParams, int], int]


def count_parameters(hparams: HParams, num_problems: int) -> int:
    """Count the parameters of all attention blocks and mixtures of experts.

    There is an attention block in the mixer, and one in each block of the decoder.

    Args:
        hparams: Of the model; its norms have a gain and a shift per channel.
        num_problems: For gates that look at the problem.

    Example:
        >>> from t2t_mm import registry
        >>> count_parameters(registry.load_hparams("multimodel_study"), 8)
        654464
    """
    model, experts = hparams.model, hparams.experts
    width = model.width
    steps = sum(
        taps * width + width**2 + 2 * width  # depthwise, pointwise, norm
        for taps in _TAPS[model.attention_convolutions]
    )
    attentions = 8 * width**2  # to itself, to the source
    total = 0
    if model.use_attention:
        norms = 2 * width  # of each decoder block
        total = (1 + model.decoder_blocks) * (steps + attentions) + model.decoder_blocks * norms
    if experts.use_experts:
        read = width if experts.gate == "position" else num_problems
        gate = 2 * read * experts.num_experts  # the choice, and the spread of its noise
        nets = experts.num_experts * 2 * width * experts.expert_width
        total += 2 * (gate + nets + 2 * width)
    return total


def count_operations(hparams: HParams, num_problems: int) -> int:
    """Count the operations of attention and experts for a position of the source and of a target.

    A multiplication and an addition are two; forward only, without the merging of experts where
    the gate looks at the problem, which a batch needs once.

    Args:
        hparams: Of the model.
        num_problems: For gates that look at the problem.

    Example:
        >>> from t2t_mm import registry
        >>> count_operations(registry.load_hparams("multimodel_study"), 8)
        438016
    """
    model, experts = hparams.model, hparams.experts
    width = model.width
    steps = sum(2 * taps * width + 2 * width**2 for taps in _TAPS[model.attention_convolutions])
    attentions = 2 * (8 * width**2 + 4 * LENGTH * width)
    total = (1 + model.decoder_blocks) * (steps + attentions) if model.use_attention else 0
    if experts.use_experts:
        by_position = experts.gate == "position"
        gate = 4 * width * experts.num_experts if by_position else 0
        nets = experts.experts_per_token if by_position else 1
        total += 2 * (gate + nets * 4 * width * experts.expert_width)
    return total


def fit_expert_width(control: HParams, other: HParams, num_problems: int, count: Count) -> int:
    """Choose the expert width with which a control counts as much as another model.

    Args:
        control: A model with experts, one at least.
        other: The model that it is compared with.
        num_problems: Of both.
        count: `count_parameters` or `count_operations`.

    Returns:
        The control's own where it is within `TOLERANCE` as it is; at least 1.

    Example:
        >>> from t2t_mm import registry
        >>> joint = registry.load_hparams("multimodel_study")
        >>> control = registry.load_hparams("multimodel_study", overrides="use_attention=false")
        >>> fit_expert_width(control, joint, 8, count_parameters)
        159
    """

    def count_at(expert_width: int) -> int:
        experts = replace(control.experts, expert_width=expert_width)
        return count(replace(control, experts=experts), num_problems)

    aim, own = count(other, num_problems), control.experts.expert_width
    if abs(count_at(own) - aim) <= TOLERANCE * aim:
        return own
    each = count_at(2) - count_at(1)
    return max(1, 1 + round((aim - count_at(1)) / each))
