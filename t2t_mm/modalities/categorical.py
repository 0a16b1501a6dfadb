"""Classes: a strided convolution over the encoder's output, a mean over places, a choice.

Axis letters: B batch, L positions, R rows, C columns, D body width, V classes.
Source: arXiv:1706.05137, section 2.5.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
from keras import ops

from t2t_mm.layers.centring import centre_inputs, draw_level_kernels
from t2t_mm.layers.cross_entropy import compute_cross_entropy
from t2t_mm.layers.depthwise import convolve_depthwise_2d
from t2t_mm.layers.masking import rectify, zero_padding
from t2t_mm.layers.normalization import LayerNorm
from t2t_mm.layers.pointwise import Pointwise
from t2t_mm.layers.striding import Pair, max_pool, subsample_mask
from t2t_mm.modalities.base import Modality, Positions
from t2t_mm.modalities.grid import Grid, to_grid
from t2t_mm.registry import register_modality

if TYPE_CHECKING:
    from t2t_mm.features import Categorical
    from t2t_mm.settings import ModalityHParams

Tensor = Any


class _Window(NamedTuple):
    """Kernel and stride over one kind of input."""

    kernel: Pair
    strides: Pair


# A sequence is one column wide, so that its stride may be square: only square ones are fast.
PICTURES = _Window((3, 3), (2, 2))
SEQUENCES = _Window((5, 1), (4, 4))


class ExitStep(keras.layers.Layer):
    """A ConvStep over pictures and over sequences: LN(SepConv(ReLU(x))).

    Each has a kernel of its own over places (3x3, 5x1); the mixing of channels is common to both,
    so that a class learned from pictures is known in sounds too.

    Args:
        width: Output channels.
        strided: Stride 2 x 2 over pictures and 4 over sequences; else 1.

    Example:
        >>> ExitStep(8, strided=True)(ops.ones((2, 5, 7, 4)), window=PICTURES).shape
        TensorShape([2, 3, 4, 8])
    """

    def __init__(self, width: int, strided: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.strided = strided

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, R, C, D)."""
        channels, draw = input_shape[-1], draw_level_kernels
        self.picture_kernel = self.add_weight((9, channels), draw, name="depthwise_2d")
        self.sequence_kernel = self.add_weight((5, channels), draw, name="depthwise_1d")
        self.pointwise = Pointwise(self.width, name="pointwise", dtype=self.dtype_policy)
        self.pointwise.build(input_shape)
        centre_inputs(self.pointwise.kernel)
        self.norm = LayerNorm(name="norm", dtype=self.dtype_policy)
        self.norm.build((*input_shape[:-1], self.width))

    def call(
        self, x: Tensor, position_mask: Tensor | None = None, window: _Window = PICTURES
    ) -> Tensor:
        """Run the step.

        Args:
            x: float[B, R, C, D].
            position_mask: bool[B, R, C].
            window: Of the input's kind, `PICTURES` or `SEQUENCES`.

        Returns:
            float[B, R, C, width], or ceil(R / stride) and ceil(C / stride) if strided.
        """
        x = rectify(x, position_mask)
        kernel = self.picture_kernel if window == PICTURES else self.sequence_kernel
        kernel = ops.reshape(kernel, (*window.kernel, x.shape[-1]))
        x = convolve_depthwise_2d(x, kernel, window.strides if self.strided else (1, 1))
        return self.norm(self.pointwise(x))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "width": self.width, "strided": self.strided}


@register_modality("categorical")
class CategoricalModality(Modality):
    """One class out of V: as input an embedding, as target a head on the encoder's output.

        skip = Step, strided(x)             h2 = Step(Step(x))
        h3 = skip + MaxPool(h2)             h5 = Step, wider(Step, wide(h3))
        logits = mean over real places of ReLU(h5), times one matrix

    Args:
        num_classes: V; ids are 0 to V - 1.
        width: Body width D.
        widths: Channels of the last two steps; 0: 1.5 D and 2 D.
        reads: Whether there is an embedding.
        writes: Whether there is a head.

    Example:
        >>> net = CategoricalModality(num_classes=10, width=8)
        >>> net.build()
        >>> net.top(ops.ones((2, 6, 8)), grid=Grid(2, 3)).shape
        TensorShape([2, 10])

    Source: arXiv:1706.05137, section 2.5.3; kernel 5 and stride 4 over sequences, and the way
    past mixer and decoder, from Tensor2Tensor's first commit.
    Chosen: all steps but the last two keep D channels, so that the sum fits.
    Departs: pictures need not be square; sequences are padded on both sides alike.
    """

    reads_encoder = True

    def __init__(
        self,
        num_classes: int,
        width: int,
        widths: Sequence[int] = (0, 0),
        reads: bool = True,
        writes: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(width, reads, writes, **kwargs)
        self.num_classes = num_classes
        self.widths = (widths[0] or 3 * width // 2, widths[1] or 2 * width)

    @classmethod
    def from_feature(
        cls, feature: Categorical, *, vocabulary_size: int, nets: ModalityHParams, **kwargs: Any
    ) -> CategoricalModality:
        """Make the net for a declared feature, see `Modality.from_feature`."""
        num_classes = vocabulary_size or feature.num_classes
        return cls(num_classes, widths=nets.categorical_widths, **kwargs)

    def build(self, input_shape: Any = None) -> None:
        """Create the weights of the sides in use; no input is needed.

        Both matrices are read in float32 wherever they are read: inside of a call of the model
        Keras would round them to bfloat16 first, in training and decoding it would not.
        """
        if self.reads:
            normal = keras.initializers.RandomNormal(stddev=self.width**-0.5)
            shape = (self.num_classes, self.width)
            self.embedding = self.add_weight(shape, normal, name="input_embedding", autocast=False)
        if self.writes:
            policy = {"dtype": self.dtype_policy}
            self.skip = ExitStep(self.width, strided=True, name="skip", **policy)
            self.step1 = ExitStep(self.width, name="step1", **policy)
            self.step2 = ExitStep(self.width, name="step2", **policy)
            self.step3 = ExitStep(self.widths[0], name="step3", **policy)
            self.step4 = ExitStep(self.widths[1], name="step4", **policy)
            for step in (self.skip, self.step1, self.step2, self.step3):
                step.build((None, None, None, self.width))
            self.step4.build((None, None, None, self.widths[0]))
            shape = (self.widths[1], self.num_classes)
            self.softmax = self.add_weight(shape, "glorot_uniform", name="softmax", autocast=False)
            centre_inputs(self.softmax)

    def list_input_variables(self) -> list[Any]:
        """Return the embedding, if there is one."""
        return [self.embedding] if self.reads else []

    def list_target_variables(self, has_grid: bool) -> list[Any]:
        """Return the head, of each step the kernels of pictures or those of sequences."""
        if not self.writes:
            return []
        steps = (self.skip, self.step1, self.step2, self.step3, self.step4)
        unread = [step.sequence_kernel if has_grid else step.picture_kernel for step in steps]
        if self.reads:
            unread.append(self.embedding)
        paths = {variable.path for variable in unread}
        return [variable for variable in self.trainable_variables if variable.path not in paths]

    def bottom(
        self, features: Tensor, sizes: Tensor | None = None, training: bool = False
    ) -> Positions:
        """Embed classes, int[B], as positions of float[B, 1, D]; sizes are not read."""
        ids = ops.reshape(features, (-1, 1))
        x = ops.take(self.embedding, ids, axis=0) * self.width**0.5
        return Positions(ops.cast(x, self.compute_dtype), ops.ones_like(ids, "bool"))

    def targets_bottom(self, targets: Tensor, training: bool = False) -> Positions:
        """Turn int[B] into zeros[B, 1, D]: nothing of a class is known before it."""
        mask = ops.ones_like(ops.reshape(targets, (-1, 1)), "bool")
        return Positions(ops.zeros((ops.shape(mask)[0], 1, self.width), self.compute_dtype), mask)

    def top(self, x: Tensor, mask: Tensor | None = None, grid: Grid | None = None) -> Tensor:
        """Choose a class.

        Args:
            x: float[B, L, D], the encoder's output.
            mask: bool[B, L]; None: all are real.
            grid: How the positions lie in two dimensions; None: they are a sequence.

        Returns:
            float32[B, V].
        """
        if grid is None:
            window = SEQUENCES
            x = ops.expand_dims(x, 2)
            mask = None if mask is None else ops.expand_dims(mask, 2)
        else:
            window = PICTURES
            x, mask = to_grid(x, mask, grid)
        hidden = self.step2(self.step1(x, mask, window=window), mask, window=window)
        pooled = max_pool(hidden, mask, window.kernel, window.strides)
        x = self.skip(x, mask, window=window) + pooled
        mask = subsample_mask(mask, window.strides)
        x = self.step4(self.step3(x, mask, window=window), mask, window=window)
        mean = _average_real(ops.cast(ops.relu(x), "float32"), mask)
        return ops.matmul(mean, ops.cast(self.softmax, "float32"))

    def loss(
        self, logits: Tensor, targets: Tensor, label_smoothing: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Compute the cross entropy in nats, summed over the batch.

        Args:
            logits: float[B, V].
            targets: int[B].
            label_smoothing: Mass spread evenly over the V - 1 wrong classes.

        Returns:
            The sum and the number of examples, float32 scalars.
        """
        losses = compute_cross_entropy(logits, ops.reshape(targets, (-1,)), label_smoothing)
        return ops.sum(losses), ops.sum(ops.ones_like(losses))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return super().get_config() | {"num_classes": self.num_classes, "widths": self.widths}


def _average_real(x: Tensor, mask: Tensor | None) -> Tensor:
    """Average over real rows and columns: float[B, R, C, D] and bool[B, R, C] to float[B, D]."""
    if mask is None:
        return ops.mean(x, axis=(1, 2))
    count = ops.sum(ops.cast(mask, x.dtype), axis=(1, 2))
    return ops.sum(zero_padding(x, mask), axis=(1, 2)) / ops.maximum(count, 1.0)[:, None]
