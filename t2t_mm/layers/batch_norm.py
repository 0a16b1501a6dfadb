"""Batch normalization over examples and places, the same in training and afterwards.

Axis letters: B batch, H rows (or time), W columns (or frequency), C channels, N = B * H * W.
Source: Ioffe and Szegedy 2015, arXiv:1502.03167; Ioffe 2017, arXiv:1702.03275.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

from t2t_mm.layers.forms import choose_form
from t2t_mm.layers.gradients import attach_gradient
from t2t_mm.layers.weights import read_weights

Tensor = Any

EPSILON = 1e-3
LARGEST_SCALE = 3.0
LARGEST_OFFSET = 3.0
"""How far a batch may lie from the running statistics and still be corrected to them."""


class BatchNorm(keras.layers.Layer):
    """Zero mean and unit variance per channel, by running statistics; then a gain and a shift.

    In training a batch is normalized by its own statistics, through which the gradient flows,
    and then corrected to the running ones (batch renormalization). So batches of several problems
    that share a net are seen in training as they will be seen afterwards, though each batch is
    of one problem, and an example does not depend on its neighbours once training is over.

    Args:
        momentum: How much of the running statistics a step keeps; they are unbiased from the
            first step on.

    Example:
        >>> norm = BatchNorm()
        >>> y = norm(keras.random.normal((2, 5, 8, 4), mean=3.0), training=True)
        >>> bool(ops.all(ops.abs(ops.mean(y, axis=(0, 1, 2))) < 1e-3))
        True
    """

    def __init__(self, momentum: float = 0.95, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum

    def build(self, input_shape: Any) -> None:
        """Create the weights for inputs of this shape, (B, H, W, C)."""
        shape = (input_shape[-1],)
        weight = {"autocast": False}
        self.gain = self.add_weight(shape, "ones", name="gain", **weight)
        self.shift = self.add_weight(shape, "zeros", name="shift", **weight)
        self.mean = self.add_weight(shape, "zeros", name="mean", trainable=False, **weight)
        self.variance = self.add_weight(shape, "zeros", name="variance", trainable=False, **weight)
        self.seen = self.add_weight((), "zeros", name="seen", trainable=False, **weight)

    def call(
        self, x: Tensor, position_mask: Tensor | None = None, training: bool = False
    ) -> Tensor:
        """Normalize a batch.

        Args:
            x: float[B, H, W, C].
            position_mask: bool[B, H, W], or with an axis of 1 where all along it are alike; what
                is not real does not count. None: all count.
            training: Whether the batch's own statistics are used, and kept; a layer that is not
                `trainable` never does so.

        Returns:
            float[B, H, W, C].
        """
        rows = ops.reshape(ops.cast(x, "float32"), (-1, x.shape[-1]))
        if training and self.trainable:
            out = self._renormalize(rows, _weigh_places(ops.shape(x), position_mask))
        else:
            running_mean, running_deviation = self._read_running()
            slope = self.gain / running_deviation
            out = scale_and_shift(rows, slope, self.shift - running_mean * slope)
        return ops.cast(ops.reshape(out, ops.shape(x)), self.compute_dtype)

    def _renormalize(self, rows: Tensor, weights: Tensor) -> Tensor:
        """Normalize by the rows' own statistics, keep those, and correct to the running ones."""
        mean, variance = _compute_moments(ops.stop_gradient(rows), weights)
        self._update_running(mean, variance)
        running_mean, running_deviation = self._read_running()
        deviation = ops.sqrt(variance + EPSILON)
        scale = ops.clip(deviation / running_deviation, 1.0 / LARGEST_SCALE, LARGEST_SCALE)
        offset = (mean - running_mean) / running_deviation
        offset = ops.clip(offset, -LARGEST_OFFSET, LARGEST_OFFSET)
        correction = _Correction(mean, deviation, scale, offset)
        gain, shift = read_weights([self.gain, self.shift])
        return _normalize(rows, gain, shift, weights, correction)

    def _update_running(self, mean: Tensor, variance: Tensor) -> None:
        new = 1.0 - self.momentum
        self.mean.assign(self.mean * self.momentum + mean * new)
        self.variance.assign(self.variance * self.momentum + variance * new)
        self.seen.assign(self.seen * self.momentum + new)

    def _read_running(self) -> tuple[Tensor, Tensor]:
        """Return the running mean and deviation; 0 and 1 before the first step."""
        seen = ops.maximum(self.seen, 1.0 - self.momentum)
        never = ops.cast(ops.equal(self.seen, 0.0), "float32")
        variance = ops.maximum(self.variance / seen, 0.0) + never
        return self.mean / seen, ops.sqrt(variance + EPSILON)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = super().get_config()
        return config | {"momentum": self.momentum}


class _Correction(NamedTuple):
    """How a batch is normalized; float32[C] each.

    Attributes:
        mean: Of the batch.
        deviation: Of the batch.
        scale: The batch's deviation in running ones.
        offset: How far its mean lies from the running one, in running deviations.
    """

    mean: Tensor
    deviation: Tensor
    scale: Tensor
    offset: Tensor


def _normalize(
    rows: Tensor, gain: Tensor, shift: Tensor, weights: Tensor, correction: _Correction
) -> Tensor:
    """Compute gain ((rows - mean) / deviation scale + offset) + shift.

    The gradient is written out. It flows through the batch's mean and deviation, not through
    scale and offset, and reads and writes the rows half as often as the derived one.

    Args:
        rows: float32[N, C].
        gain: float32[C].
        shift: float32[C].
        weights: float32[1, N], those by which mean and deviation were taken.
        correction: See there.

    Returns:
        float32[N, C].
    """
    mean, deviation, scale, offset = correction

    @attach_gradient
    def run(rows: Tensor, gain: Tensor, shift: Tensor) -> Any:
        slope = gain * scale / deviation

        def gradient(upstream: Tensor) -> tuple[Tensor, ...]:
            ones = ops.ones_like(weights)
            d_shift = sum_rows(upstream, ones)
            d_normal = (sum_rows(upstream * rows, ones) - mean * d_shift) / deviation
            share = slope / ops.maximum(ops.sum(weights), 1.0)
            bend = share * d_normal / deviation
            through_statistics = scale_and_shift(rows, bend, share * d_shift - mean * bend)
            d_rows = upstream * slope - ops.transpose(weights) * through_statistics
            return d_rows, scale * d_normal + offset * d_shift, d_shift

        out = scale_and_shift(rows, slope, (offset - mean * scale / deviation) * gain + shift)
        return out, gradient

    return run(rows, gain, shift)


@choose_form
def scale_and_shift(rows: Tensor, slope: Tensor, shift: Tensor) -> Tensor:
    """Compute rows * slope + shift.

    Args:
        rows: float32[N, C].
        slope: float32[C].
        shift: float32[C].

    Returns:
        float32[N, C].

    Example:
        >>> rows, slope, shift = ops.array([[1.0], [2.0]]), ops.array([3.0]), ops.array([1.0])
        >>> scale_and_shift(rows, slope, shift).numpy().tolist()
        [[4.0], [7.0]]
    """
    return rows * slope + shift


@choose_form
def sum_rows(rows: Tensor, weights: Tensor) -> Tensor:
    """Add up weighted rows; by a product, on a CPU far faster than TensorFlow's sum.

    Args:
        rows: float32[N, C].
        weights: float32[1, N].

    Returns:
        float32[C].

    Example:
        >>> rows, weights = ops.array([[1.0], [2.0]]), ops.array([[1.0, 3.0]])
        >>> sum_rows(rows, weights).numpy().tolist()
        [7.0]
    """
    return ops.matmul(weights, rows)[0]


def _weigh_places(shape: Any, position_mask: Tensor | None) -> Tensor:
    """Return float[1, N], one for each real place and zero for the others."""
    if position_mask is None:
        return ops.ones((1, shape[0] * shape[1] * shape[2]), "float32")
    mask = ops.broadcast_to(ops.cast(position_mask, "float32"), shape[:3])
    return ops.reshape(mask, (1, -1))


def _compute_moments(rows: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Compute mean and population variance of each channel.

    Args:
        rows: float32[N, C].
        weights: float32[1, N].

    Returns:
        float32[C] each.
    """
    count = ops.maximum(ops.sum(weights), 1.0)
    mean = sum_rows(rows, weights) / count
    square = sum_rows(ops.square(rows), weights) / count
    return mean, ops.maximum(square - ops.square(mean), 0.0)
