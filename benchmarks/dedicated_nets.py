"""Plain nets for one problem each, of Keras's own layers: what a user would build today.

A pre-norm Transformer (Vaswani et al. 2017, arXiv:1706.03762; Xiong et al. 2020, arXiv:2002.04745)
with tied embeddings writes texts; it reads text, or the places of a picture, or every fourth frame
of a sound. A small residual net (He et al. 2016, arXiv:1512.03385) sees pictures and, alone, says
their class; two strided convolutions hear sounds (Dong et al. 2018, Speech-Transformer).

Axis letters: B batch, L source positions, T target positions, D width, V symbols or classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from t2t_mm.layers.timing import add_timing

Tensor = Any

PICTURE_WIDTHS = (16, 32, 64)


@dataclass(frozen=True)
class NetSizes:
    """Sizes of a net.

    Args:
        width: D.
        hidden_width: Of the feed-forward layers.
        num_heads: Of all attentions.
        encoder_layers: Transformer layers that read.
        decoder_layers: Transformer layers that write.
        dropout: On the branches of these layers.
    """

    width: int = 128
    hidden_width: int = 512
    num_heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 4
    dropout: float = 0.0


class TransformerLayer(layers.Layer):
    """x + attention(LN(x)), perhaps x + attention(LN(x), source), x + feed-forward(LN(x)).

    Args:
        sizes: Of the net.
        writes: Whether it looks back only, and at a source.
    """

    def __init__(self, sizes: NetSizes, writes: bool) -> None:
        super().__init__()
        self.writes = writes
        count = 2 if writes else 1
        head = sizes.width // sizes.num_heads
        self.attentions = [layers.MultiHeadAttention(sizes.num_heads, head) for _ in range(count)]
        self.norms = [layers.LayerNormalization(epsilon=1e-6) for _ in range(count + 1)]
        self.hidden = layers.Dense(sizes.hidden_width, activation="relu")
        self.output_projection = layers.Dense(sizes.width)
        self.dropout = layers.Dropout(sizes.dropout)

    def call(
        self,
        x: Tensor,
        position_mask: Tensor | None = None,
        source: Tensor | None = None,
        visible: Tensor | None = None,
        training: bool = False,
    ) -> Tensor:
        """Run float[B, L or T, D]; both masks are bool[B, L], `visible` that of the source."""
        normed = self.norms[0](x)
        attended = self.attentions[0](
            normed,
            normed,
            attention_mask=None if position_mask is None else position_mask[:, None],
            use_causal_mask=self.writes,
            training=training,
        )
        x = x + self.dropout(attended, training=training)
        if self.writes:
            seen = None if visible is None else visible[:, None]
            attended = self.attentions[1](
                self.norms[1](x), source, attention_mask=seen, training=training
            )
            x = x + self.dropout(attended, training=training)
        fed = self.output_projection(self.hidden(self.norms[-1](x)))
        return x + self.dropout(fed, training=training)


class ResidualNet(layers.Layer):
    """Pictures of one size, float[B, H, W, 3], to places float[B, H / 8 * W / 8, C]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = layers.Conv2D(PICTURE_WIDTHS[0], 3, 2, "same", use_bias=False)
        self.branches, self.skips = [], []
        for stage, width in enumerate(PICTURE_WIDTHS):
            for block in range(2):
                stride = 2 if stage and not block else 1
                self.branches.append(
                    keras.Sequential(
                        [
                            layers.BatchNormalization(),
                            layers.ReLU(),
                            layers.Conv2D(width, 3, stride, "same", use_bias=False),
                            layers.BatchNormalization(),
                            layers.ReLU(),
                            layers.Conv2D(width, 3, 1, "same", use_bias=False),
                        ]
                    )
                )
                self.skips.append(layers.Conv2D(width, 1, stride) if stride > 1 else None)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """See a batch of pictures."""
        x = self.stem(x)
        for branch, skip in zip(self.branches, self.skips, strict=True):
            x = (x if skip is None else skip(x)) + branch(x, training=training)
        return ops.relu(ops.reshape(x, (ops.shape(x)[0], -1, x.shape[-1])))


class Hearing(layers.Layer):
    """Sounds float[B, frames, bands] to every fourth frame, float[B, L, D], with its mask."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convolutions = [layers.Conv2D(32, 3, 2, activation="relu") for _ in range(2)]
        self.projection = layers.Dense(width)

    def call(self, x: Tensor, num_frames: Tensor) -> tuple[Tensor, Tensor]:
        """Hear a batch of sounds; num_frames int[B, 1] are not padding."""
        x, mask = ops.expand_dims(x, -1), None
        for convolution in self.convolutions:
            # Keras's own "same" would begin a frame earlier or later with the length of the batch.
            x = convolution(ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))))
            num_frames = (num_frames + 1) // 2
            mask = ops.arange(ops.shape(x)[1]) < num_frames
            x = x * ops.cast(mask, x.dtype)[:, :, None, None]
        return self.projection(ops.reshape(x, (*ops.shape(x)[:2], x.shape[2] * x.shape[3]))), mask


class DedicatedNet(keras.Model):
    """The net of one problem.

    Args:
        reads: "language", "image" or "audio".
        num_pieces: V of the one vocabulary of all texts; 0 where there are none.
        num_classes: Classes that it tells apart; 0 where it writes a text.
        sizes: Of the Transformer.

    Example:
        >>> net = DedicatedNet("language", 50, 0, NetSizes(16, 32, 2, 1, 1))
        >>> net({"inputs": ops.ones((2, 5), "int32"), "targets": ops.ones((2, 3), "int32")}).shape
        TensorShape([2, 3, 50])
    """

    def __init__(self, reads: str, num_pieces: int, num_classes: int, sizes: NetSizes) -> None:
        super().__init__()
        self.reads, self.num_classes, self.sizes = reads, num_classes, sizes
        self.senses: Any = None
        if reads == "image":
            self.senses = ResidualNet()
            self.projection = layers.Dense(sizes.width)
        elif reads == "audio":
            self.senses = Hearing(sizes.width)
        count = 0 if reads == "image" and num_classes else sizes.encoder_layers
        self.encoder = [TransformerLayer(sizes, writes=False) for _ in range(count)]
        self.encoder_norm = layers.LayerNormalization(epsilon=1e-6)
        if num_pieces:
            normal = keras.initializers.RandomNormal(stddev=sizes.width**-0.5)
            self.embedding = layers.ReversibleEmbedding(
                num_pieces, sizes.width, embeddings_initializer=normal
            )
        if num_classes:
            self.classes = layers.Dense(num_classes)
        else:
            self.decoder = [
                TransformerLayer(sizes, writes=True) for _ in range(sizes.decoder_layers)
            ]
            self.decoder_norm = layers.LayerNormalization(epsilon=1e-6)

    def build(self, input_shape: Any) -> None:
        """Let each layer build itself when it is called first."""
        self.built = True

    def encode(
        self, batch: Mapping[str, Tensor], training: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Read the inputs: float[B, L, D] and which positions are real, None for all."""
        inputs, mask = batch["inputs"], None
        if self.reads == "language":
            x, mask = self._embed(inputs), ops.not_equal(inputs, 0)
        elif self.reads == "audio":
            x, mask = self.senses(inputs, batch["inputs_size"])
            x = add_timing(x)
        else:
            x = add_timing(self.projection(self.senses(inputs, training=training)))
        for layer in self.encoder:
            x = layer(x, mask, training=training)
        return self.encoder_norm(x), mask

    def write(
        self, targets: Tensor, source: Tensor, mask: Tensor | None, training: bool = False
    ) -> Tensor:
        """Return logits float[B, T, V] of each symbol of int[B, T], those before it given."""
        before = ops.pad(targets[:, :-1], ((0, 0), (1, 0)))
        x = self._embed(before)
        for layer in self.decoder:
            x = layer(x, None, source, mask, training=training)
        return self.embedding(self.decoder_norm(x), reverse=True)

    def call(self, batch: Mapping[str, Tensor], training: bool = False) -> Tensor:
        """Return logits: float[B, T, V] of texts, float[B, V] of classes."""
        source, mask = self.encode(batch, training)
        if not self.num_classes:
            return self.write(batch["targets"], source, mask, training)
        if mask is None:
            return self.classes(ops.mean(source, axis=1))
        weights = ops.cast(mask, source.dtype)[:, :, None]
        total = ops.maximum(ops.sum(weights, axis=1), 1.0)
        return self.classes(ops.sum(source * weights, axis=1) / total)

    def _embed(self, symbols: Tensor) -> Tensor:
        return add_timing(self.embedding(symbols) * self.sizes.width**0.5)
