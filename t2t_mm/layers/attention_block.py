"""The attention block of mixer and decoder.

Axis letters: B batch, T target positions, S source positions, H heads, D width, C = D / H.
Source: arXiv:1706.05137, section 2.2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from t2t_mm.layers.attention import MultiHeadAttention
from t2t_mm.layers.caching import Cache, History, Source
from t2t_mm.layers.convolution import ConvBlock, ConvStep
from t2t_mm.layers.lineage import Lineage
from t2t_mm.layers.masking import make_causal_bias, make_padding_bias
from t2t_mm.layers.timing import add_timing, make_timing_signal

Tensor = Any


class AttentionCache(NamedTuple):
    """What an `AttentionBlock` remembers while it decodes; see `layers.caching`.

    Attributes:
        mix1: Of the first convolution.
        mix2: Of the second.
        targets: Keys and values of the positions so far.
        source: Keys and values of the source, projected once.
    """

    mix1: Cache
    mix2: Cache
    targets: History
    source: Source


class AttentionBlock(keras.layers.Layer):
    """Timing, two causal convolutions, self-attention, then attention to the source.

    The residual stream is not part of the block: mixer and decoder add it, each in its own way.

    Args:
        num_heads: Heads of both attentions.
        dropout: Rate on the attention weights.
        convolutions: "steps" for two 5x1 ConvSteps with dilations 1 and 4, "blocks" for two
            full ConvBlocks.
        block_dropout: Rate at the end of such a ConvBlock; steps have none.
        gain_per_channel: See `LayerNorm`.
        seed: Of the dropout.

    Raises:
        ValueError: If `convolutions` is neither.

    Example:
        >>> x, source = ops.ones((2, 5, 8)), ops.ones((2, 7, 8))
        >>> AttentionBlock(num_heads=2)(x, source).shape
        TensorShape([2, 5, 8])

    Source: arXiv:1706.05137, section 2.2.
    Chosen: "two convolutional blocks" are the two 5x1 steps of Tensor2Tensor's SliceNet lineage.
    """

    def __init__(
        self,
        num_heads: int,
        dropout: float = 0.0,
        convolutions: str = "steps",
        block_dropout: float = 0.0,
        gain_per_channel: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if convolutions not in ("steps", "blocks"):
            raise ValueError(
                "The convolutions of an attention block are 'steps' or 'blocks'. "
                f"Received: convolutions={convolutions!r}."
            )
        self.num_heads = num_heads
        self.dropout = dropout
        self.convolutions = convolutions
        self.block_dropout = block_dropout
        self.gain_per_channel = gain_per_channel
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        """Create the layers for inputs of this shape, (B, T, D)."""
        conv: dict[str, Any] = {
            "causal": True,
            "gain_per_channel": self.gain_per_channel,
            "dtype": self.dtype_policy,
        }
        if self.convolutions == "steps":
            self.mix1: keras.layers.Layer = ConvStep(5, name="mix1", **conv)
            self.mix2: keras.layers.Layer = ConvStep(5, dilation=4, name="mix2", **conv)
        else:
            self.mix1 = ConvBlock(self.block_dropout, name="mix1", **conv)
            self.mix2 = ConvBlock(self.block_dropout, name="mix2", **conv)
        heads = (self.num_heads, self.dropout)
        other_seed = None if self.seed is None else self.seed + 1
        self.self_attention = MultiHeadAttention(
            *heads, self.seed, name="self_attention", dtype=self.dtype_policy
        )
        self.source_attention = MultiHeadAttention(
            *heads, other_seed, name="source_attention", dtype=self.dtype_policy
        )
        for layer in (self.mix1, self.mix2, self.self_attention, self.source_attention):
            layer.build(input_shape)

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
            source: float[B, S, D].
            source_mask: bool[B, S].
            training: Whether dropout is on.

        Returns:
            float[B, T, D]; position t depends on x up to t only.
        """
        x = self.mix2(self.mix1(add_timing(x)))
        x = self.self_attention(x, x, make_causal_bias(ops.shape(x)[1]), training=training)
        bias = None if source_mask is None else make_padding_bias(source_mask)
        return self.source_attention(x, source, bias, training=training)

    def start_cache(self, source: Tensor, source_mask: Tensor | None = None) -> AttentionCache:
        """Make the cache before the first position, see `layers.caching`.

        Args:
            source: float[B, S, D].
            source_mask: bool[B, S].
        """
        batch_size, length, _ = ops.shape(source)
        if source_mask is None:
            source_mask = ops.ones((batch_size, length), "bool")
        return AttentionCache(
            self.mix1.start_cache(batch_size),
            self.mix2.start_cache(batch_size),
            self.self_attention.start_cache(batch_size),
            Source(*self.source_attention.project_source(source), make_padding_bias(source_mask)),
        )

    def decode_step(
        self,
        x_BD: Tensor,
        cache: AttentionCache,
        position: Tensor | int,
        lineage: Lineage | None = None,
    ) -> tuple[Tensor, AttentionCache]:
        """Run one position of every sequence.

        Args:
            x_BD: float[B, D].
            cache: Of the positions before.
            position: Their number.
            lineage: See `layers.lineage`.

        Returns:
            float[B, D] and the new cache.
        """
        x = x_BD + make_timing_signal(1, self.self_attention.query.width, position, x_BD.dtype)
        x, mix1 = self.mix1.decode_step(x, cache.mix1, position, lineage)
        x, mix2 = self.mix2.decode_step(x, cache.mix2, position, lineage)
        x, targets = self.self_attention.decode_step(x, cache.targets, position, lineage)
        x = self.source_attention.look_at(x, cache.source, lineage)
        return x, cache._replace(mix1=mix1, mix2=mix2, targets=targets)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_heads": self.num_heads,
            "dropout": self.dropout,
            "convolutions": self.convolutions,
            "block_dropout": self.block_dropout,
            "gain_per_channel": self.gain_per_channel,
            "seed": self.seed,
        }
