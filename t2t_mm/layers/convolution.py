"""Separable convolutions over positions: ConvStep, ConvBlock.

Axis letters: B batch, L positions, D channels, K taps of a kernel.
Source: arXiv:1706.05137, section 2.1.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from t2t_mm.layers.caching import (
    Cache,
    finish_reading,
    make_zeros,
    read_places,
    write_position,
)
from t2t_mm.layers.depthwise import convolve_depthwise, weigh_taps
from t2t_mm.layers.dropout import Dropout
from t2t_mm.layers.lineage import Lineage
from t2t_mm.layers.masking import rectify, zero_padding
from t2t_mm.layers.normalization import LayerNorm
from t2t_mm.layers.pointwise import Pointwise

Tensor = Any

BRANCH_GAIN = 0.1
"""Share of each ConvBlock in its output before training, beside its input's of 1."""


class ConvStep(keras.layers.Layer):
    """LN(SepConv(ReLU(x))): rectify, convolve each channel, mix the channels, normalize.

    Args:
        kernel_size: Taps K.
        width: Output channels; None keeps those of the input.
        dilation: Distance between taps in positions.
        causal: Look back only.
        gain_per_channel: See `LayerNorm`.

    Raises:
        ValueError: If the kernel is even and not causal.

    Example:
        >>> ConvStep(3, width=6)(ops.ones((2, 5, 8))).shape
        TensorShape([2, 5, 6])

    Source: arXiv:1706.05137, section 2.1; masking after the ReLU from Tensor2Tensor's first
    commit, where the causal kind is not masked: padding comes last and never looks ahead.
    """

    def __init__(
        self,
        kernel_size: int,
        width: int | None = None,
        dilation: int = 1,
        causal: bool = False,
        gain_per_channel: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not causal and kernel_size % 2 == 0:
            raise ValueError(
                "A convolution that looks to both sides needs an odd kernel. "
                f"Received: kernel_size={kernel_size}."
            )
        self.kernel_size = kernel_size
        self.width = width
        self.dilation = dilation
        self.causal = causal
        self.gain_per_channel = gain_per_channel

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, L, D)."""
        channels = input_shape[-1]
        self.pointwise = Pointwise(
            self.width or channels, name="pointwise", dtype=self.dtype_policy
        )
        self.norm = LayerNorm(self.gain_per_channel, name="norm", dtype=self.dtype_policy)
        self.kernel = self.add_weight(
            (self.kernel_size, channels),
            keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal"),
            name="depthwise",
        )
        self.pointwise.build(input_shape)
        self.norm.build((*input_shape[:-1], self.pointwise.width))

    def call(self, x: Tensor, position_mask: Tensor | None = None) -> Tensor:
        """Run float[B, L, D], with a mask bool[B, L], into float[B, L, width]."""
        x = rectify(x, None if self.causal else position_mask)
        kernel = ops.convert_to_tensor(self.kernel)
        mixed = convolve_depthwise(x, kernel, self.dilation, self.causal)
        # One list of positions for what follows; to restore the shape costs a few operations.
        out = self.norm(self.pointwise(ops.reshape(mixed, (-1, x.shape[-1]))))
        return ops.reshape(out, (*ops.shape(x)[:-1], out.shape[-1]))

    def start_cache(self, batch_size: Tensor | int) -> Tensor:
        """Make the cache of a causal step before its first position; see `layers.caching`.

        Returns:
            float[R, B, D], a ring: room for the (K - 1) * dilation rectified inputs before and the
            next one, position t being at the place t modulo R.
        """
        assert self.causal
        shape = [self._count_places(), batch_size, self.kernel.shape[1]]
        return make_zeros(shape, self.compute_dtype)

    def _count_places(self) -> int:
        return (self.kernel_size - 1) * self.dilation + 1

    def decode_step(
        self,
        x_BD: Tensor,
        cache: Tensor,
        position: Tensor | int,
        lineage: Lineage | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Run one position of every sequence.

        Args:
            x_BD: float[B, D].
            cache: Of the positions before.
            position: Their number.
            lineage: See `layers.lineage`.

        Returns:
            float[B, width] and the new cache.
        """
        x_BD, num_places = ops.relu(x_BD), self._count_places()
        ring = write_position(cache, position % num_places, x_BD)
        # The oldest is at the next place, the newest once around the ring.
        steps = ops.arange(1, num_places + 1, self.dilation, dtype="int32")
        places = (position + steps) % num_places
        if lineage is None:
            taps_KBD = read_places(ring, places)
        else:
            taps_KBD = lineage.read(ring, places, position + steps - num_places)
        mixed = weigh_taps(taps_KBD, ops.cast(self.kernel, x_BD.dtype))
        return self.norm(self.pointwise(mixed)), finish_reading(ring, mixed)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "kernel_size": self.kernel_size,
            "width": self.width,
            "dilation": self.dilation,
            "causal": self.causal,
            "gain_per_channel": self.gain_per_channel,
        }


class ConvBlock(keras.layers.Layer):
    """Four ConvSteps with two skips from the block's input, then dropout.

        hidden1 = Step3(x)                  hidden2 = x + Step3(hidden1)
        hidden3 = Step15(hidden2)           hidden4 = x + Step15, dilation 8 (hidden3)

    One block sees 65 positions to each side, or 130 back when causal.

    Args:
        dropout: Rate at the end of the block, in training.
        causal: Look back only.
        gain_per_channel: See `LayerNorm`.
        seed: Of the dropout.

    Example:
        >>> ConvBlock()(ops.ones((2, 5, 8))).shape
        TensorShape([2, 5, 8])

    Source: arXiv:1706.05137, section 2.1. Both skips start at the block's input, as written.
    Chosen: the layer norms before the two sums begin with a gain of `BRANCH_GAIN`, not 1, so that
    a stack of blocks passes its input on at first. With 1, each block adds as much noise as there
    is signal. The miniature's text is learned in less than half the steps (docs/results.md).
    """

    def __init__(
        self,
        dropout: float = 0.0,
        causal: bool = False,
        gain_per_channel: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dropout = dropout
        self.causal = causal
        self.gain_per_channel = gain_per_channel
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, L, D)."""
        shared = {
            "causal": self.causal,
            "gain_per_channel": self.gain_per_channel,
            "dtype": self.dtype_policy,
        }
        self.step1 = ConvStep(3, name="step1", **shared)
        self.step2 = ConvStep(3, name="step2", **shared)
        self.step3 = ConvStep(15, name="step3", **shared)
        self.step4 = ConvStep(15, dilation=8, name="step4", **shared)
        self.dropout_layer = Dropout(
            self.dropout, self.seed, name="dropout", dtype=self.dtype_policy
        )
        for layer in (self.step1, self.step2, self.step3, self.step4, self.dropout_layer):
            layer.build(input_shape)
        for step in (self.step2, self.step4):
            step.norm.gain.assign(ops.full(step.norm.gain.shape, BRANCH_GAIN))

    def call(
        self, x: Tensor, position_mask: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """Run the four steps and the dropout.

        Args:
            x: float[B, L, D].
            position_mask: bool[B, L].
            training: Whether dropout is on.

        Returns:
            float[B, L, D], zero on padding unless causal.
        """
        hidden = x + self.step2(
            self.step1(x, position_mask=position_mask), position_mask=position_mask
        )
        hidden = x + self.step4(
            self.step3(hidden, position_mask=position_mask), position_mask=position_mask
        )
        hidden = self.dropout_layer.drop(hidden, ops.shape(x), training)
        return hidden if self.causal else zero_padding(hidden, position_mask)

    def start_cache(self, batch_size: Tensor | int) -> Cache:
        """Return the caches of the four steps before the first position."""
        steps = (self.step1, self.step2, self.step3, self.step4)
        return tuple(step.start_cache(batch_size) for step in steps)

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
        cache1, cache2, cache3, cache4 = cache
        hidden, cache1 = self.step1.decode_step(x_BD, cache1, position, lineage)
        hidden, cache2 = self.step2.decode_step(hidden, cache2, position, lineage)
        hidden, cache3 = self.step3.decode_step(x_BD + hidden, cache3, position, lineage)
        hidden, cache4 = self.step4.decode_step(hidden, cache4, position, lineage)
        return x_BD + hidden, (cache1, cache2, cache3, cache4)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "dropout": self.dropout,
            "causal": self.causal,
            "gain_per_channel": self.gain_per_channel,
            "seed": self.seed,
        }
