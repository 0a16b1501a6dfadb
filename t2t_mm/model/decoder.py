"""The decoder: causal convolutions and attention, with one mixture of experts in the middle.

Source: arXiv:1706.05137, section 2.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from t2t_mm.layers.attention_block import AttentionBlock
from t2t_mm.layers.caching import Cache
from t2t_mm.layers.convolution import ConvBlock
from t2t_mm.layers.experts.gating import Routing
from t2t_mm.layers.experts.problem_gate import make_expert_block
from t2t_mm.layers.lineage import Lineage
from t2t_mm.layers.normalization import LayerNorm
from t2t_mm.model.encoder import choose_middle

Tensor = Any


class DecoderBlock(keras.layers.Layer):
    """A causal ConvBlock, then x + LN(x + attention(x, source)).

    Args:
        attention: Arguments of `AttentionBlock`; None leaves attention and its residual out.
        dropout: Rate at the end of the ConvBlock.
        gain_per_channel: See `LayerNorm`.

    Example:
        >>> block = DecoderBlock(attention={"num_heads": 2})
        >>> block(ops.ones((2, 5, 8)), source=ops.ones((2, 7, 8))).shape
        TensorShape([2, 5, 8])

    Chosen: convolutions before attention, and the residual, as in Tensor2Tensor's first commit.
    """

    def __init__(
        self,
        attention: Mapping[str, Any] | None = None,
        dropout: float = 0.0,
        gain_per_channel: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dropout = dropout
        self.gain_per_channel = gain_per_channel
        policy = {"dtype": self.dtype_policy}
        self.convolution = ConvBlock(dropout, True, gain_per_channel, name="convolution", **policy)
        self.attention_arguments = None if attention is None else dict(attention)
        self.attention = None
        if attention is not None:
            self.attention = AttentionBlock(name="attention", **attention, **policy)
            self.norm = LayerNorm(gain_per_channel, name="norm", **policy)

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, T, D)."""
        self.convolution.build(input_shape)
        if self.attention is not None:
            self.attention.build(input_shape)
            self.norm.build(input_shape)

    def call(
        self,
        x: Tensor,
        source: Tensor,
        source_mask: Tensor | None = None,
        training: bool = False,
    ) -> Tensor:
        """Run the block on whole sequences.

        Args:
            x: float[B, T, D].
            source: float[B, L, D].
            source_mask: bool[B, L].
            training: Whether dropout is on.

        Returns:
            float[B, T, D]; position t depends on x up to t only.
        """
        x = self.convolution(x, training=training)
        if self.attention is None:
            return x
        return x + self.norm(
            x + self.attention(x, source, source_mask=source_mask, training=training)
        )

    def start_cache(self, source: Tensor, source_mask: Tensor | None = None) -> Cache:
        """Make the cache before the first position, see `layers.caching`.

        Args:
            source: float[B, L, D].
            source_mask: bool[B, L].
        """
        convolution = self.convolution.start_cache(ops.shape(source)[0])
        if self.attention is None:
            return convolution, ()
        return convolution, self.attention.start_cache(source, source_mask)

    def decode_step(
        self, x_BD: Tensor, cache: Cache, position: Tensor | int, lineage: Lineage | None = None
    ) -> tuple[Tensor, Cache]:
        """Run one position of every sequence.

        Args:
            x_BD: float[B, D].
            cache: Of the positions before.
            position: Their number.
            lineage: See `layers.lineage`.

        Returns:
            float[B, D] and the new cache.
        """
        convolution, attention = cache
        x_BD, convolution = self.convolution.decode_step(x_BD, convolution, position, lineage)
        if self.attention is None:
            return x_BD, (convolution, attention)
        attended, attention = self.attention.decode_step(x_BD, attention, position, lineage)
        return x_BD + self.norm(x_BD + attended), (convolution, attention)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "attention": self.attention_arguments,
            "dropout": self.dropout,
            "gain_per_channel": self.gain_per_channel,
        }


class Decoder(keras.layers.Layer):
    """DecoderBlocks, and LN(x + MoE(x)) after `moe_after` of them.

    Args:
        num_blocks: Number of DecoderBlocks.
        attention: Arguments of `AttentionBlock`; None leaves attention out.
        experts: Arguments of `ExpertBlock` or `ProblemGatedExperts`; None leaves the mixture out.
        moe_after: Blocks before the mixture; None is half of them.
        dropout: Rate at the end of each ConvBlock.
        gain_per_channel: See `LayerNorm`.
        final_norm: Whether the output is normalized.

    Example:
        >>> decoder = Decoder(2, attention={"num_heads": 2})
        >>> x, routings = decoder(ops.ones((2, 5, 8)), source=ops.ones((2, 7, 8)))
        >>> x.shape, routings
        (TensorShape([2, 5, 8]), [])
    """

    def __init__(
        self,
        num_blocks: int,
        attention: Mapping[str, Any] | None = None,
        experts: Mapping[str, Any] | None = None,
        moe_after: int | None = None,
        dropout: float = 0.0,
        gain_per_channel: bool = True,
        final_norm: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_blocks = num_blocks
        self.moe_after = choose_middle(num_blocks, moe_after)
        self.dropout = dropout
        self.gain_per_channel = gain_per_channel
        policy = {"dtype": self.dtype_policy}
        self.attention_arguments = None if attention is None else dict(attention)
        self.blocks = [
            DecoderBlock(attention, dropout, gain_per_channel, name=f"block{index}", **policy)
            for index in range(num_blocks)
        ]
        self.expert_arguments = None if experts is None else dict(experts)
        self.moe = None if experts is None else make_expert_block(experts, name="experts", **policy)
        self.norm = LayerNorm(gain_per_channel, name="norm", **policy) if final_norm else None

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, T, D)."""
        for block in self.blocks:
            block.build(input_shape)
        if self.moe is not None:
            self.moe.build(input_shape)
        if self.norm is not None:
            self.norm.build(input_shape)

    def call(
        self,
        x: Tensor,
        source: Tensor,
        source_mask: Tensor | None = None,
        position_mask: Tensor | None = None,
        training: bool = False,
        problem: Tensor | int | None = None,
    ) -> tuple[Tensor, list[Routing]]:
        """Run all blocks on whole sequences.

        Args:
            x: float[B, T, D].
            source: float[B, L, D].
            source_mask: bool[B, L].
            position_mask: bool[B, T], of x.
            training: Whether dropout and gate noise are on.
            problem: See `ProblemGatedExperts`.

        Returns:
            float[B, T, D] and the routing of the mixture if there is one.
        """
        routings = []
        for index in range(self.num_blocks + 1):
            if self.moe is not None and index == self.moe_after:
                x, routing = self.moe(
                    x, position_mask=position_mask, training=training, problem=problem
                )
                routings.append(routing)
            if index < self.num_blocks:
                x = self.blocks[index](x, source, source_mask=source_mask, training=training)
        return self._finish(x), routings

    def start_cache(self, source: Tensor, source_mask: Tensor | None = None) -> Cache:
        """Make the cache before the first position, see `layers.caching`.

        Args:
            source: float[B, L, D].
            source_mask: bool[B, L].
        """
        return tuple(block.start_cache(source, source_mask) for block in self.blocks)

    def decode_step(
        self,
        x_BD: Tensor,
        cache: Cache,
        position: Tensor | int,
        row_mask: Tensor | None = None,
        problem: Tensor | None = None,
        lineage: Lineage | None = None,
    ) -> tuple[Tensor, Cache]:
        """Run one position of every sequence.

        Args:
            x_BD: float[B, D].
            cache: Of the positions before.
            position: Their number.
            row_mask: bool[B], False where a row has ended.
            problem: int[B], see `ProblemGatedExperts`.
            lineage: See `layers.lineage`.

        Returns:
            float[B, D] and the new cache.
        """
        caches = []
        for index in range(self.num_blocks + 1):
            if self.moe is not None and index == self.moe_after:
                x_BD, _ = self.moe(x_BD, position_mask=row_mask, problem=problem)
            if index < self.num_blocks:
                x_BD, block_cache = self.blocks[index].decode_step(
                    x_BD, cache[index], position, lineage
                )
                caches.append(block_cache)
        return self._finish(x_BD), tuple(caches)

    def _finish(self, x: Tensor) -> Tensor:
        return x if self.norm is None else self.norm(x)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_blocks": self.num_blocks,
            "attention": self.attention_arguments,
            "experts": self.expert_arguments,
            "moe_after": self.moe_after,
            "dropout": self.dropout,
            "gain_per_channel": self.gain_per_channel,
            "final_norm": self.norm is not None,
        }
