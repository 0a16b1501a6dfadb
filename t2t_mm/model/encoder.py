"""The encoder: convolutions with one mixture of experts in the middle; it reads only the input.

Source: arXiv:1706.05137, section 2.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from t2t_mm.layers.convolution import ConvBlock
from t2t_mm.layers.experts.gating import Routing
from t2t_mm.layers.experts.problem_gate import make_expert_block
from t2t_mm.layers.masking import zero_padding
from t2t_mm.layers.timing import add_timing

Tensor = Any


class Encoder(keras.layers.Layer):
    """ConvBlocks that see both sides, and LN(x + MoE(x)) after `moe_after` of them.

    Args:
        num_blocks: Number of ConvBlocks.
        experts: Arguments of `ExpertBlock` or `ProblemGatedExperts`; None leaves the mixture out.
        moe_after: ConvBlocks before the mixture; None is half of them.
        dropout: Rate at the end of each ConvBlock.
        timing: Whether the timing signal is added to the input.
        gain_per_channel: See `LayerNorm`.

    Raises:
        ValueError: If `moe_after` is not in 0 to `num_blocks`.

    Example:
        >>> sizes = {"num_experts": 4, "experts_per_token": 2, "expert_width": 16}
        >>> x, routings = Encoder(num_blocks=2, experts=sizes)(keras.ops.ones((2, 5, 8)))
        >>> x.shape, routings[0].load.numpy().tolist()
        (TensorShape([2, 5, 8]), [10.0, 10.0, 0.0, 0.0])

    Chosen: the mixture after 3 of 6 blocks, "in the middle" (Tensor2Tensor: after 2); timing is
    added, since attention needs to know where a source position is.
    """

    def __init__(
        self,
        num_blocks: int,
        experts: Mapping[str, Any] | None = None,
        moe_after: int | None = None,
        dropout: float = 0.0,
        timing: bool = True,
        gain_per_channel: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_blocks = num_blocks
        self.moe_after = choose_middle(num_blocks, moe_after)
        self.dropout = dropout
        self.timing = timing
        self.gain_per_channel = gain_per_channel
        policy = {"dtype": self.dtype_policy}
        self.blocks = [
            ConvBlock(dropout, False, gain_per_channel, name=f"block{index}", **policy)
            for index in range(num_blocks)
        ]
        self.expert_arguments = None if experts is None else dict(experts)
        self.moe = None if experts is None else make_expert_block(experts, name="experts", **policy)

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, L, D)."""
        for block in self.blocks:
            block.build(input_shape)
        if self.moe is not None:
            self.moe.build(input_shape)

    def call(
        self,
        x: Tensor,
        position_mask: Tensor | None = None,
        training: bool = False,
        problem: Tensor | int | None = None,
    ) -> tuple[Tensor, list[Routing]]:
        """Read a batch of positions.

        Args:
            x: float[B, L, D].
            position_mask: bool[B, L].
            training: Whether dropout and gate noise are on.
            problem: See `ProblemGatedExperts`.

        Returns:
            float[B, L, D], zero on padding, and the routing of the mixture if there is one.
        """
        if self.timing:
            x = zero_padding(add_timing(x), position_mask)
        routings = []
        for index in range(self.num_blocks + 1):
            if self.moe is not None and index == self.moe_after:
                x, routing = self.moe(
                    x, position_mask=position_mask, training=training, problem=problem
                )
                routings.append(routing)
            if index < self.num_blocks:
                x = self.blocks[index](x, position_mask=position_mask, training=training)
        return zero_padding(x, position_mask), routings

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_blocks": self.num_blocks,
            "experts": self.expert_arguments,
            "moe_after": self.moe_after,
            "dropout": self.dropout,
            "timing": self.timing,
            "gain_per_channel": self.gain_per_channel,
        }


def choose_middle(num_blocks: int, moe_after: int | None) -> int:
    """Choose the number of blocks before the mixture of experts, half of them by default.

    Raises:
        ValueError: If it is not in 0 to `num_blocks`.

    Example:
        >>> choose_middle(6, None), choose_middle(6, 2)
        (3, 2)
    """
    if moe_after is None:
        return num_blocks // 2
    if not 0 <= moe_after <= num_blocks:
        raise ValueError(
            f"The mixture of experts follows 0 to {num_blocks} of the blocks. "
            f"Received: moe_after={moe_after}."
        )
    return moe_after
