"""Pictures: a stack of strided convolutions, then their positions row by row.

Axis letters: B batch, H rows and W columns of pixels, D body width.
Source: arXiv:1706.05137, section 2.5.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras import ops

from t2t_mm.layers.convolution2d import ConvRes, ConvStep2D
from t2t_mm.layers.striding import mark_areas, subsample_mask, subsample_size
from t2t_mm.modalities.base import Modality, Positions
from t2t_mm.modalities.grid import Grid, to_sequence
from t2t_mm.registry import register_modality

if TYPE_CHECKING:
    from t2t_mm.features import Image
    from t2t_mm.settings import ModalityHParams

Tensor = Any

WIDTHS = (32, 64, 128, 256)


@register_modality("image")
class ImageModality(Modality):
    """Pictures of any size in; they are not written.

    Two ConvSteps, the first of stride 2, and ConvRes blocks of stride 2 each: with two widths of
    blocks beside the body's, one position for each 16 x 16 pixels.

    Args:
        width: Body width D.
        channels: Of the pictures.
        widths: Channels of the two steps and of all blocks but the last, which has D; none is
            wider than D.
        separable: Of all convolutions but the first, see `ConvStep2D`.
        norm: Of all convolutions, see `ConvStep2D`.
        reads: Whether `bottom` will be called.
        writes: False.

    Raises:
        ValueError: If it is to write.

    Example:
        >>> net = ImageModality(width=128)
        >>> net.build()
        >>> net.bottom(ops.ones((2, 64, 96, 3))).x.shape
        TensorShape([2, 24, 128])

    Source: arXiv:1706.05137, section 2.5.2; the widths' limit and the first step, an ordinary
    convolution without a ReLU before it, from Tensor2Tensor's first commit.
    """

    makes_grid = True
    # Pixels a side: the first step has a stride of 2, and each block.
    units_per_position = 2 ** len(WIDTHS)

    def __init__(
        self,
        width: int,
        channels: int = 3,
        widths: Sequence[int] = WIDTHS,
        separable: bool = True,
        norm: str = "layer",
        reads: bool = True,
        writes: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(width, reads, writes, **kwargs)
        if writes:
            raise ValueError("A picture can be read, not written. Received: writes=True.")
        self.channels = channels
        self.widths = tuple(widths)
        self.separable = separable
        self.norm = norm
        first, second, *others = (min(size, width) for size in widths)
        policy = {"norm": norm, "dtype": self.dtype_policy}
        self.stack: list[Any] = [
            ConvStep2D(
                first, strides=(2, 2), rectify=False, separable=False, name="step1", **policy
            ),
            ConvStep2D(second, separable=separable, name="step2", **policy),
        ]
        for index, size in enumerate([*others, width]):
            block = ConvRes(size, separable=separable, name=f"block{index}", **policy)
            self.stack.append(block)

    @classmethod
    def from_feature(
        cls, feature: Image, *, vocabulary_size: int, nets: ModalityHParams, **kwargs: Any
    ) -> ImageModality:
        """Make the net for a declared feature, see `Modality.from_feature`."""
        return cls(
            channels=feature.channels,
            widths=nets.image_widths,
            separable=nets.separable,
            norm=nets.norm,
            **kwargs,
        )

    def build(self, input_shape: Any = None) -> None:
        """Create every variable; no input is needed."""
        channels = self.channels
        for layer in self.stack:
            layer.build((None, None, None, channels))
            channels = layer.width

    def bottom(
        self, features: Tensor, sizes: Tensor | None = None, training: bool = False
    ) -> Positions:
        """Read a batch of pictures.

        Args:
            features: float[B, H, W, channels], standardised, zero in the padding.
            sizes: int[B, 2], real rows and columns; None: nothing is padded.
            training: Whether batch norm, where there is one, uses this batch.

        Returns:
            Positions of float[B, ceil(H / 16) * ceil(W / 16), D], with their grid.
        """
        batch, height, width = ops.shape(features)[:3]
        x = ops.reshape(features, (batch, height, width, self.channels))
        x = ops.cast(x, self.compute_dtype)
        mask = None if sizes is None else mark_areas(sizes, height, width)
        for layer in self.stack:
            x = layer(x, position_mask=mask, training=training)
            mask = subsample_mask(mask, layer.strides)
            sizes = None if sizes is None else subsample_size(sizes, layer.strides[0])
        rows, columns = ops.shape(x)[1:3]
        x, mask = to_sequence(x, sizes)
        return Positions(x, mask, Grid(rows, columns, sizes))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {
            "channels": self.channels,
            "widths": self.widths,
            "separable": self.separable,
            "norm": self.norm,
        }
