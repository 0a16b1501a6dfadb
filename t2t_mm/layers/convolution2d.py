"""Separable convolutions over pictures and spectrograms: ConvStep2D, ConvRes.

Axis letters: B batch, H rows (or time), W columns (or frequency), C channels.
Source: arXiv:1706.05137, sections 2.1 and 2.5.2.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from t2t_mm.layers.batch_norm import BatchNorm
from t2t_mm.layers.centring import centre_inputs, draw_level_kernels
from t2t_mm.layers.depthwise import convolve_depthwise_2d
from t2t_mm.layers.masking import rectify, zero_padding
from t2t_mm.layers.normalization import LayerNorm
from t2t_mm.layers.pointwise import Pointwise
from t2t_mm.layers.striding import Pair, max_pool, subsample, subsample_mask, surround

Tensor = Any


class Norm(keras.layers.Layer):
    """Layer norm over channels or batch norm over places, by name.

    Args:
        kind: "layer" or "batch".

    Raises:
        ValueError: If `kind` is unknown.

    Example:
        >>> Norm("batch")(ops.ones((2, 5, 8, 4)), training=True).shape
        TensorShape([2, 5, 8, 4])
    """

    def __init__(self, kind: str = "layer", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if kind not in ("layer", "batch"):
            raise ValueError(f"A norm is layer or batch. Received: norm={kind!r}.")
        self.kind = kind
        net = LayerNorm if kind == "layer" else BatchNorm
        self.inner = net(name=kind, dtype=self.dtype_policy)

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, H, W, C)."""
        self.inner.build(input_shape)

    def call(
        self, x: Tensor, position_mask: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """Normalize float[B, H, W, C]; the mask bool[B, H, W] and `training` are batch norm's."""
        if self.kind == "layer":
            return self.inner(x)
        return self.inner(x, position_mask=position_mask, training=training)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {"kind": self.kind}


class ConvStep2D(keras.layers.Layer):
    """LN(SepConv(ReLU(x))) over rows and columns.

    Args:
        width: Output channels; None keeps those of the input.
        kernel_size: Rows and columns, odd.
        strides: Of rows and columns.
        rectify: False leaves the ReLU out, for raw input: it would discard all below the mean.
        separable: False is an ordinary convolution with a bias, for raw input. A separable one
            has one kernel for each channel of the input, so that of a picture's three channels
            only three features come; and without a bias layer norm takes away how strong they
            are, of a spectrogram's one channel all but the sign.
        norm: "layer" normalizes each place over its channels, as the paper does; "batch" each
            channel over all places of all examples, as Xception does. Layer norm takes contrast
            away: a plain background becomes as strong as what stands before it.

    Raises:
        ValueError: If a size of the kernel is even, or the norm is unknown.

    Example:
        >>> ConvStep2D(16, strides=(2, 2))(ops.ones((2, 5, 8, 4))).shape
        TensorShape([2, 3, 4, 16])

    Source: arXiv:1706.05137, section 2.1; masking after the ReLU from Tensor2Tensor's first
    commit, which also has no ReLU on raw pictures and an ordinary convolution over them.
    Chosen: initial weights by `layers/centring.py`.
    """

    def __init__(
        self,
        width: int | None = None,
        kernel_size: Pair = (3, 3),
        strides: Pair = (1, 1),
        rectify: bool = True,
        separable: bool = True,
        norm: str = "layer",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not all(size % 2 for size in kernel_size):
            raise ValueError(
                "A convolution that looks to all sides needs odd sizes. "
                f"Received: kernel_size={tuple(kernel_size)}."
            )
        self.width = width
        self.kernel_size = (kernel_size[0], kernel_size[1])
        self.strides = (strides[0], strides[1])
        self.rectify = rectify
        self.separable = separable
        self.norm_kind = norm

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, H, W, C)."""
        channels = input_shape[-1]
        width = self.width or channels
        taps = self.kernel_size[0] * self.kernel_size[1]
        if self.separable:
            self.kernel = self.add_weight((taps, channels), draw_level_kernels, name="depthwise")
            self.pointwise = Pointwise(width, name="pointwise", dtype=self.dtype_policy)
            self.pointwise.build(input_shape)
            if self.rectify:
                centre_inputs(self.pointwise.kernel)
        else:
            spread = keras.initializers.VarianceScaling(1.0, "fan_in", "untruncated_normal")
            self.kernel = self.add_weight((taps * channels, width), spread, name="kernel")
            normal = keras.initializers.RandomNormal(stddev=1.0)
            if self.norm_kind == "layer":  # batch norm would take it away
                self.bias = self.add_weight((width,), normal, name="bias")
        self.norm = Norm(self.norm_kind, name="norm", dtype=self.dtype_policy)
        self.norm.build((*input_shape[:-1], width))

    def call(
        self, x: Tensor, position_mask: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """Run the step.

        Args:
            x: float[B, H, W, C].
            position_mask: bool[B, H, W].
            training: Whether batch norm, where there is one, uses this batch.

        Returns:
            float[B, ceil(H / stride), ceil(W / stride), width].
        """
        channels = x.shape[-1]
        x = (rectify if self.rectify else zero_padding)(x, position_mask)
        kernel = ops.reshape(self.kernel, (*self.kernel_size, channels, -1))
        if self.separable:
            x = self.pointwise(convolve_depthwise_2d(x, kernel[..., 0], self.strides))
        else:
            x = surround(x, self.kernel_size, 0.0)
            x = ops.conv(x, kernel, self.strides, "valid", data_format="channels_last")
            x = x + self.bias if self.norm_kind == "layer" else x
        mask = subsample_mask(position_mask, self.strides)
        return self.norm(x, position_mask=mask, training=training)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "width": self.width,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "rectify": self.rectify,
            "separable": self.separable,
            "norm": self.norm_kind,
        }


class ConvRes(keras.layers.Layer):
    """MaxPool(ConvStep(ConvStep(x))) + LN(Conv1x1(ReLU(x))), both with the same stride.

    Args:
        width: Output channels.
        strides: Of rows and columns.
        kernel_size: Of both steps and of the pooling; rows and columns, odd.
        rectify: False for raw input, see `ConvStep2D`.
        separable: False for ordinary convolutions in both steps.
        norm: See `ConvStep2D`.

    Example:
        >>> ConvRes(16)(ops.ones((2, 5, 8, 4))).shape
        TensorShape([2, 3, 4, 16])

    Source: arXiv:1706.05137, section 2.5.2.
    Chosen: the 1x1 convolution is an ordinary one (a depthwise 1x1 would only scale channels). It
    is a matrix product: TensorFlow's strided 1x1 convolution with oneDNN writes beyond its memory
    in the gradient for a kernel of few channels (2.21 on a CPU: 8 to 16 channels, stride 2).
    """

    def __init__(
        self,
        width: int,
        strides: Pair = (2, 2),
        kernel_size: Pair = (3, 3),
        rectify: bool = True,
        separable: bool = True,
        norm: str = "layer",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.strides = (strides[0], strides[1])
        self.kernel_size = (kernel_size[0], kernel_size[1])
        self.rectify = rectify
        self.separable = separable
        self.norm_kind = norm
        policy = {"dtype": self.dtype_policy}
        kind = {"separable": separable, "norm": norm, **policy}
        self.step1 = ConvStep2D(width, kernel_size, rectify=rectify, name="step1", **kind)
        self.step2 = ConvStep2D(width, kernel_size, name="step2", **kind)
        self.shortcut = Pointwise(width, name="shortcut", **policy)
        self.norm = Norm(norm, name="norm", **policy)

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, H, W, C)."""
        shape = (*input_shape[:-1], self.width)
        self.step1.build(input_shape)
        self.step2.build(shape)
        self.norm.build(shape)
        self.shortcut.build(input_shape)
        if self.rectify:
            centre_inputs(self.shortcut.kernel)

    def call(
        self, x: Tensor, position_mask: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """Run both ways and add them.

        Args:
            x: float[B, H, W, C].
            position_mask: bool[B, H, W].
            training: Whether batch norm, where there is one, uses this batch.

        Returns:
            float[B, ceil(H / stride), ceil(W / stride), width], zero on padding.
        """
        hidden = self.step1(x, position_mask=position_mask, training=training)
        hidden = self.step2(hidden, position_mask=position_mask, training=training)
        hidden = max_pool(hidden, position_mask, self.kernel_size, self.strides)
        x = subsample(x, self.strides)
        mask = subsample_mask(position_mask, self.strides)
        x = self.shortcut(ops.relu(x) if self.rectify else x)
        x = self.norm(x, position_mask=mask, training=training)
        return zero_padding(hidden + x, mask)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {
            "width": self.width,
            "strides": self.strides,
            "kernel_size": self.kernel_size,
            "rectify": self.rectify,
            "separable": self.separable,
            "norm": self.norm_kind,
        }
