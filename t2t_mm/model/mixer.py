"""The input-output mixer: joins the encoder's output with the previous outputs.

Source: arXiv:1706.05137, section 2.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from t2t_mm.layers.attention_block import AttentionBlock
from t2t_mm.layers.caching import Cache
from t2t_mm.layers.convolution import ConvBlock, ConvStep
from t2t_mm.layers.lineage import Lineage
from t2t_mm.layers.normalization import LayerNorm

Tensor = Any

JOINS = ("add", "concat")


class Mixer(keras.layers.Layer):
    """One attention block, joined with the targets, then causal ConvBlocks.

    Args:
        num_blocks: Number of ConvBlocks.
        attention: Arguments of `AttentionBlock`; None leaves attention out, so that targets pass
            as they are.
        join: "add" for LN(targets + attended), "concat" for a 3x1 ConvStep over both side by
            side.
        dropout: Rate at the end of each ConvBlock.
        gain_per_channel: See `LayerNorm`.

    Raises:
        ValueError: If `join` is unknown.

    Example:
        >>> mixer = Mixer(1, attention={"num_heads": 2}, join="concat")
        >>> mixer(ops.ones((2, 5, 8)), source=ops.ones((2, 7, 8))).shape
        TensorShape([2, 5, 8])

    Chosen: "add"; the paper names no concatenation, Tensor2Tensor has one.
    """

    def __init__(
        self,
        num_blocks: int,
        attention: Mapping[str, Any] | None = None,
        join: str = "add",
        dropout: float = 0.0,
        gain_per_channel: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if join not in JOINS:
            raise ValueError(f"A mixer joins by 'add' or 'concat'. Received: join={join!r}.")
        self.num_blocks = num_blocks
        self.join = join
        self.dropout = dropout
        self.gain_per_channel = gain_per_channel
        policy = {"dtype": self.dtype_policy}
        self.attention_arguments = None if attention is None else dict(attention)
        self.attention = None
        if attention is not None:
            self.attention = AttentionBlock(name="attention", **attention, **policy)
        self.blocks = [
            ConvBlock(dropout, True, gain_per_channel, name=f"block{index}", **policy)
            for index in range(num_blocks)
        ]

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, T, D)."""
        width, policy = input_shape[-1], {"dtype": self.dtype_policy}
        if self.attention is not None:
            self.attention.build(input_shape)
        if self.join == "concat":
            self.merge = ConvStep(3, width, 1, True, self.gain_per_channel, name="merge", **policy)
            self.merge.build((*input_shape[:-1], 2 * width))
        else:
            self.merge = LayerNorm(self.gain_per_channel, name="merge", **policy)
            self.merge.build(input_shape)
        for block in self.blocks:
            block.build(input_shape)

    def call(
        self,
        x: Tensor,
        source: Tensor,
        source_mask: Tensor | None = None,
        training: bool = False,
    ) -> Tensor:
        """Join a source with the targets so far.

        Args:
            x: float[B, T, D], shifted targets.
            source: float[B, L, D].
            source_mask: bool[B, L].
            training: Whether dropout is on.

        Returns:
            float[B, T, D]; position t depends on x up to t only.
        """
        if self.attention is None:
            attended = ops.zeros_like(x)
        else:
            attended = self.attention(x, source, source_mask=source_mask, training=training)
        joined = x + attended if self.join == "add" else ops.concatenate([attended, x], axis=-1)
        x = self.merge(joined)
        for block in self.blocks:
            x = block(x, training=training)
        return x

    def start_cache(self, source: Tensor, source_mask: Tensor | None = None) -> Cache:
        """Make the cache before the first position, see `layers.caching`.

        Args:
            source: float[B, L, D].
            source_mask: bool[B, L].
        """
        batch_size = ops.shape(source)[0]
        attention: Cache = ()
        if self.attention is not None:
            attention = self.attention.start_cache(source, source_mask)
        merge = self.merge.start_cache(batch_size) if self.join == "concat" else ()
        return attention, merge, tuple(block.start_cache(batch_size) for block in self.blocks)

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
        attention, merge, blocks = cache
        attended = ops.zeros_like(x_BD)
        if self.attention is not None:
            attended, attention = self.attention.decode_step(x_BD, attention, position, lineage)
        if self.join == "concat":
            both = ops.concatenate([attended, x_BD], axis=-1)
            x_BD, merge = self.merge.decode_step(both, merge, position, lineage)
        else:
            x_BD = self.merge(x_BD + attended)
        caches = []
        for block, block_cache in zip(self.blocks, blocks, strict=True):
            x_BD, block_cache = block.decode_step(x_BD, block_cache, position, lineage)
            caches.append(block_cache)
        return x_BD, (attention, merge, tuple(caches))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_blocks": self.num_blocks,
            "attention": self.attention_arguments,
            "join": self.join,
            "dropout": self.dropout,
            "gain_per_channel": self.gain_per_channel,
        }
