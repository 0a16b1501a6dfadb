"""Sounds: strided convolutions over time and frequency, then their positions in time.

Axis letters: B batch, T frames in time, F bands of frequency, C channels, D body width.
Source: arXiv:1706.05137, section 2.5.4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from keras import ops

from t2t_mm.data.sounds.sound_inputs import HOP_SECONDS
from t2t_mm.layers.convolution2d import ConvRes, ConvStep2D
from t2t_mm.layers.masking import zero_padding
from t2t_mm.layers.normalization import LayerNorm
from t2t_mm.layers.pointwise import Pointwise
from t2t_mm.layers.spec_augment import SpecAugment
from t2t_mm.layers.striding import subsample_mask, subsample_size
from t2t_mm.modalities.base import Modality, Positions
from t2t_mm.registry import register_modality

if TYPE_CHECKING:
    from t2t_mm.features import Audio
    from t2t_mm.settings import ModalityHParams

Tensor = Any

ROW_SAMPLES = 160
"""Samples of a waveform in one row, the net's unit of time: 10 ms at 16 kHz, as of log-mel."""


class SoundBlocks(NamedTuple):
    """The shape of the net of sounds.

    Attributes:
        widths: Channels of each block; 0: D.
        time_strides: Of each block.
        frequency_strides: Of each block; of no effect on a waveform.
        stem_width: Channels of the ordinary convolution of stride 2 before the blocks; 0: none.
        bands: "channels": the bands that are left are folded into the channels of their position
            in time; "positions": each is a position of its own.
        separable: Of the blocks, see `ConvStep2D`; the stem never is.
        norm: Of all convolutions, see `ConvStep2D`.
    """

    widths: Sequence[int] = (32, 64, 128)
    time_strides: Sequence[int] = (2, 2, 1)
    frequency_strides: Sequence[int] = (2, 2, 2)
    stem_width: int = 16
    bands: str = "channels"
    separable: bool = True
    norm: str = "layer"


@register_modality("audio")
class AudioModality(Modality):
    """Sounds of any length in; they are not written.

    A log-mel spectrogram is a picture of one channel. A waveform is a picture one column wide: of
    rows of `ROW_SAMPLES` samples if there is a stem, which then learns filters of three rows; else
    of single samples. After a stem it has D channels throughout: what a spectrogram has in bands,
    it has in channels. The stem is followed by ConvRes blocks, and, where the last of them does
    not give the body width or bands are folded, by one 1x1 convolution and a layer norm.

    Args:
        width: Body width D.
        num_bands: Bands of a log-mel spectrogram; 0: a waveform.
        blocks: Shape of the net; its fields may also come as a list.
        reads: Whether `bottom` will be called.
        writes: False.
        frequency_masks: Runs of bands that training hides, of a spectrogram; see `SpecAugment`.
        time_masks: Runs of frames, or of rows of a waveform.

    Raises:
        ValueError: If it is to write, or a number of masks is negative.

    Example:
        >>> net = AudioModality(width=128, num_bands=80)
        >>> net.build()
        >>> net.bottom(ops.ones((2, 300, 80))).x.shape
        TensorShape([2, 38, 128])

    Source: arXiv:1706.05137, section 2.5.4: eight blocks of 2, 4, ... 256 channels, time stride 2,
    no stem, bands as positions; a ninth block to D from Tensor2Tensor's first commit.
    Departs: by default a position is 80 ms, not 2.56 s, so that short utterances can be written
    down; frequency is strided; and there is a stem, since of a single channel layer norm leaves
    only the sign (see `ConvStep2D`).
    """

    # Seconds: frames are HOP_SECONDS apart. Data is measured before there is a net, so this is a
    # bound for the shipped ones: a stem, which halves the positions, is left out.
    units_per_position = HOP_SECONDS * math.prod(SoundBlocks().time_strides)

    def __init__(
        self,
        width: int,
        num_bands: int = 80,
        blocks: Sequence[Any] = SoundBlocks(),
        reads: bool = True,
        writes: bool = False,
        frequency_masks: int = 0,
        time_masks: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(width, reads, writes, **kwargs)
        if writes:
            raise ValueError("A sound can be read, not written. Received: writes=True.")
        self.num_bands = num_bands
        self.shape = SoundBlocks(*blocks)
        self.kernel_size = (3, 3 if num_bands else 1)
        self.spec_augment = SpecAugment(
            frequency_masks, time_masks, name="spec_augment", dtype=self.dtype_policy
        )
        self.stack: list[Any] = [*self._make_stem(), *self._make_blocks()]
        self.folds = bool(num_bands) and self.shape.bands == "channels"
        self.projection = None
        if self.folds or self.stack[-1].width != width:
            policy = {"dtype": self.dtype_policy}
            self.projection = Pointwise(width, name="projection", **policy)
            self.norm = LayerNorm(name="norm", **policy)

    @classmethod
    def from_feature(
        cls, feature: Audio, *, vocabulary_size: int, nets: ModalityHParams, **kwargs: Any
    ) -> AudioModality:
        """Make the net for a declared feature, see `Modality.from_feature`."""
        blocks = SoundBlocks(
            nets.audio_widths,
            nets.audio_time_strides,
            nets.audio_frequency_strides,
            nets.audio_stem_width,
            nets.audio_bands,
            nets.separable,
            nets.norm,
        )
        num_bands = feature.num_bands if feature.representation == "log_mel" else 0
        return cls(
            num_bands=num_bands,
            blocks=blocks,
            frequency_masks=nets.audio_frequency_masks if num_bands else 0,
            time_masks=nets.audio_time_masks,
            **kwargs,
        )

    def build(self, input_shape: Any = None) -> None:
        """Create every variable; no input is needed."""
        bands, channels = self.num_bands or 1, self._row_samples
        self.spec_augment.build((None, None, bands, channels))
        for layer in self.stack:
            layer.build((None, None, bands, channels))
            bands, channels = subsample_size(bands, layer.strides[1]), layer.width
        self.bands_left = bands
        if self.projection is not None:
            self.projection.build((None, None, channels * bands if self.folds else channels))
            self.norm.build((None, None, self.width))

    def bottom(
        self, features: Tensor, sizes: Tensor | None = None, training: bool = False
    ) -> Positions:
        """Read a batch of sounds.

        Args:
            features: float[B, frames, bands], or the waveform float[B, samples]; zero in the
                padding.
            sizes: int[B, 1], real frames or samples; None: nothing is padded.
            training: Whether masks hide parts, and batch norm, where there is one, uses this batch.

        Returns:
            Positions of float[B, ceil(frames / 8), D] by default; those of bands stand within
            each time.
        """
        sizes = None if sizes is None else ops.convert_to_tensor(sizes)
        prepare = self._shape_frames if self.num_bands else self._cut_into_rows
        x, sizes = prepare(features, sizes)
        x = self.spec_augment(x, sizes, training=training)
        mask = None
        if sizes is not None:  # alike in all bands, so one column of it is enough
            mask = ops.arange(ops.shape(x)[1], dtype=sizes.dtype)[None, :, None] < sizes[:, :, None]
        for layer in self.stack:
            x = layer(x, position_mask=mask, training=training)
            mask = subsample_mask(mask, layer.strides)
        batch, times = ops.shape(x)[:2]
        mask = ops.ones((batch, times, 1), "bool") if mask is None else mask
        if self.folds:
            x = ops.reshape(x, (batch, times, self.bands_left * x.shape[-1]))
            mask = mask[:, :, 0]
        else:
            x = ops.reshape(x, (batch, times * self.bands_left, x.shape[-1]))
            mask = ops.reshape(ops.repeat(mask, self.bands_left, axis=2), (batch, -1))
        if self.projection is not None:
            x = self.norm(self.projection(x))
        return Positions(zero_padding(x, mask), mask)

    @property
    def _row_samples(self) -> int:
        return ROW_SAMPLES if self.shape.stem_width and not self.num_bands else 1

    def _make_stem(self) -> list[ConvStep2D]:
        if not self.shape.stem_width:
            return []
        return [
            ConvStep2D(
                self.shape.stem_width if self.num_bands else self.width,
                self.kernel_size,
                (2, 2 if self.num_bands else 1),
                rectify=False,
                separable=False,
                norm=self.shape.norm,
                name="stem",
                dtype=self.dtype_policy,
            )
        ]

    def _make_blocks(self) -> list[ConvRes]:
        widths = [width or self.width for width in self.shape.widths]
        if self._row_samples > 1:
            widths = [self.width] * len(widths)
        strides = zip(self.shape.time_strides, self.shape.frequency_strides, strict=True)
        return [
            ConvRes(
                block_width,
                (time_stride, band_stride if self.num_bands else 1),
                self.kernel_size,
                rectify=index > 0 or bool(self.shape.stem_width),
                separable=self.shape.separable,
                norm=self.shape.norm,
                name=f"block{index}",
                dtype=self.dtype_policy,
            )
            for index, (block_width, (time_stride, band_stride)) in enumerate(
                zip(widths, strides, strict=True)
            )
        ]

    def _shape_frames(self, features: Tensor, sizes: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return a spectrogram as float[B, T, F, 1]."""
        batch, frames = ops.shape(features)[:2]
        x = ops.reshape(features, (batch, frames, self.num_bands, 1))
        return ops.cast(x, self.compute_dtype), sizes

    def _cut_into_rows(
        self, features: Tensor, sizes: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Return a waveform as float[B, T, 1, samples of a row], and the numbers of rows."""
        batch, samples = ops.shape(features)[:2]
        x = ops.cast(ops.reshape(features, (batch, samples)), self.compute_dtype)
        if sizes is not None:  # what follows the end within its row
            x = x * ops.cast(ops.arange(samples, dtype=sizes.dtype)[None] < sizes, x.dtype)
            sizes = subsample_size(sizes, self._row_samples)
        x = ops.pad(x, [[0, 0], [0, (-samples) % self._row_samples]])
        return ops.reshape(x, (batch, -1, 1, self._row_samples)), sizes

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {
            "num_bands": self.num_bands,
            "blocks": tuple(self.shape),
            "frequency_masks": self.spec_augment.frequency_masks,
            "time_masks": self.spec_augment.time_masks,
        }
