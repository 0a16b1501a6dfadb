"""Multi-head attention and the attention block of mixer and decoder.

Axis letters: B batch, T target positions, S source positions, H heads, D width, C = D / H.
Source: arXiv:1706.05137, section 2.2; Vaswani et al. 2017, arXiv:1706.03762.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from t2t_mm.layers.caching import Cache
from t2t_mm.layers.convolution import ConvBlock, ConvStep, Pointwise
from t2t_mm.layers.dropout import Dropout
from t2t_mm.layers.masking import causal_bias, padding_bias
from t2t_mm.layers.timing import add_timing, timing_signal

Tensor = Any


class KeysValues(NamedTuple):
    """What a source offers to attention, split by head.

    Attributes:
        keys: float[B, H, S, C].
        values: float[B, H, S, C].
    """

    keys: Tensor
    values: Tensor


class AttentionCache(NamedTuple):
    """What an `AttentionBlock` remembers while it decodes; see `layers.caching`.

    Attributes:
        mix1: Of the first convolution.
        mix2: Of the second.
        targets: Keys and values float[B, H, T, C] of the T positions so far.
        source: Keys and values float[B, H, S, C], projected once.
        source_bias: float[B, 1, 1, S], 0 or `BLOCKED`.
    """

    mix1: Cache
    mix2: Cache
    targets: KeysValues
    source: KeysValues
    source_bias: Tensor


class MultiHeadAttention(keras.layers.Layer):
    """Scaled dot-product attention in heads, with four width-preserving projections.

    Args:
        num_heads: H; divides the width.
        dropout: Rate on the attention weights, in training.
        seed: Of the dropout.

    Raises:
        ValueError: If the width is not a multiple of `num_heads`.

    Example:
        >>> x = keras.ops.ones((2, 5, 8))
        >>> MultiHeadAttention(2)(x, x).shape  # (2, 5, 8)
    """

    def __init__(
        self, num_heads: int, dropout: float = 0.0, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.dropout = dropout
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        width = input_shape[-1]
        if width % self.num_heads:
            raise ValueError(
                "Attention needs a width that is a multiple of the number of heads. "
                f"Received: width={width}, num_heads={self.num_heads}."
            )
        self.query = Pointwise(width, name="query", dtype=self.dtype_policy)
        self.key = Pointwise(width, name="key", dtype=self.dtype_policy)
        self.value = Pointwise(width, name="value", dtype=self.dtype_policy)
        self.output_projection = Pointwise(width, name="output", dtype=self.dtype_policy)
        self.dropout_layer = Dropout(
            self.dropout, self.seed, name="dropout", dtype=self.dtype_policy
        )
        for layer in (self.query, self.key, self.value, self.output_projection, self.dropout_layer):
            layer.build(input_shape)

    def project_source(self, source: Tensor) -> KeysValues:
        """Compute keys and values once, for any number of queries.

        Args:
            source: float[B, S, D].

        Returns:
            KeysValues, each float[B, H, S, C].
        """
        return KeysValues(self._split(self.key(source)), self._split(self.value(source)))

    def attend(
        self, x: Tensor, source: KeysValues, bias: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """Let each position of `x` look at projected keys and values.

        Args:
            x: float[B, T, D].
            source: From `project_source`.
            bias: Broadcastable to float[B, H, T, S], 0 or `BLOCKED`.
            training: Whether weights are dropped.

        Returns:
            float[B, T, D].
        """
        scale = (x.shape[-1] // self.num_heads) ** -0.5
        query = self._split(self.query(x) * scale)
        logits = ops.matmul(query, ops.transpose(source.keys, (0, 1, 3, 2)))
        if bias is not None:
            logits = logits + ops.cast(bias, logits.dtype)
        batch_size, length, _ = ops.shape(x)
        shape = (batch_size, self.num_heads, length, ops.shape(source.keys)[2])
        weights = self.dropout_layer.drop(ops.softmax(logits), shape, training)
        return self.output_projection(self._merge(ops.matmul(weights, source.values)))

    def call(
        self, x: Tensor, source: Tensor, bias: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """Args: x: float[B, T, D]; source: float[B, S, D]. Returns: float[B, T, D]."""
        return self.attend(x, self.project_source(source), bias, training)

    def start_cache(self, batch_size: Tensor | int) -> KeysValues:
        """Return the keys and values of no position, for self-attention step by step."""
        width = self.key.width
        shape = (batch_size, self.num_heads, 0, width // self.num_heads)
        return KeysValues(*(ops.zeros(shape, self.compute_dtype) for _ in KeysValues._fields))

    def decode_step(
        self, x_BD: Tensor, cache: KeysValues, position: Tensor | int
    ) -> tuple[Tensor, KeysValues]:
        """Let one position look at itself and those before.

        Args:
            x_BD: float[B, D], the next position.
            cache: Keys and values of the T positions before.
            position: T; not read, the cache has grown to it.

        Returns:
            float[B, D], and the keys and values of T + 1 positions.
        """
        x = x_BD[:, None]
        added = zip(cache, self.project_source(x), strict=True)
        cache = KeysValues(*(ops.concatenate(pair, axis=2) for pair in added))
        return self.attend(x, cache)[:, 0], cache

    def _split(self, x: Tensor) -> Tensor:
        batch, length, width = ops.shape(x)
        heads = ops.reshape(x, (batch, length, self.num_heads, width // self.num_heads))
        return ops.transpose(heads, (0, 2, 1, 3))

    def _merge(self, x: Tensor) -> Tensor:
        batch, heads, length, channels = ops.shape(x)
        return ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (batch, length, heads * channels))

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_heads": self.num_heads,
            "dropout": self.dropout,
            "seed": self.seed,
        }


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
        >>> x = keras.ops.ones((2, 5, 8))
        >>> AttentionBlock(2)(x, x).shape  # (2, 5, 8)

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
        """Args: x: float[B, T, D]; source: float[B, S, D]; source_mask: bool[B, S].

        Returns: float[B, T, D]; position t depends on x up to t only.
        """
        x = self.mix2(self.mix1(add_timing(x)))
        x = self.self_attention(x, x, causal_bias(ops.shape(x)[1]), training=training)
        bias = None if source_mask is None else padding_bias(source_mask)
        return self.source_attention(x, source, bias, training=training)

    def start_cache(self, source: Tensor, source_mask: Tensor | None = None) -> AttentionCache:
        """Args: source: float[B, S, D]; source_mask: bool[B, S]. Returns: see `layers.caching`."""
        batch_size, length, _ = ops.shape(source)
        if source_mask is None:
            source_mask = ops.ones((batch_size, length), "bool")
        return AttentionCache(
            self.mix1.start_cache(batch_size),
            self.mix2.start_cache(batch_size),
            self.self_attention.start_cache(batch_size),
            self.source_attention.project_source(source),
            padding_bias(source_mask),
        )

    def decode_step(
        self, x_BD: Tensor, cache: AttentionCache, position: Tensor | int
    ) -> tuple[Tensor, AttentionCache]:
        """Args: x_BD: float[B, D]; cache: of the positions before; position: int, their number.

        Returns: float[B, D] and the new cache.
        """
        x = x_BD + timing_signal(1, x_BD.shape[-1], position, x_BD.dtype)
        x, mix1 = self.mix1.decode_step(x, cache.mix1, position)
        x, mix2 = self.mix2.decode_step(x, cache.mix2, position)
        x, targets = self.self_attention.decode_step(x, cache.targets, position)
        x = self.source_attention.attend(x[:, None], cache.source, cache.source_bias)[:, 0]
        return x, cache._replace(mix1=mix1, mix2=mix2, targets=targets)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().get_config()
        return config | {
            "num_heads": self.num_heads,
            "dropout": self.dropout,
            "convolutions": self.convolutions,
            "block_dropout": self.block_dropout,
            "gain_per_channel": self.gain_per_channel,
            "seed": self.seed,
        }
