"""Masks: which positions are real, and which of them a query may look at.

A mask is `bool[B, L]`, True where a position holds data. Masks for attention are additive
biases, 0 where looking is allowed and `BLOCKED` where it is not.
"""

from typing import Any

from keras import ops

from t2t_mm.layers.gradients import attach_gradient, back_propagate_relu

Tensor = Any

BLOCKED = -1e9
"""Added to an attention logit that must not count; finite: a fully blocked row is not NaN."""


def mark_real_positions(ids: Tensor) -> Tensor:
    """Mark the positions whose id is not padding, 0.

    Args:
        ids: int[B, L].

    Returns:
        bool[B, L].

    Example:
        >>> mark_real_positions([[5, 1, 0]]).numpy().tolist()
        [[True, True, False]]
    """
    return ops.not_equal(ids, 0)


def zero_padding(x: Tensor, mask: Tensor | None) -> Tensor:
    """Set padded positions to zero, so that a convolution sees what lies beyond the ends.

    Args:
        x: float[B, L, D].
        mask: bool[B, L]; None leaves `x` as it is.

    Returns:
        float[B, L, D].

    Example:
        >>> zero_padding(ops.ones((1, 3, 1)), ops.array([[True, True, False]])).numpy().tolist()
        [[[1.0], [1.0], [0.0]]]
    """
    if mask is None:
        return x
    return x * ops.expand_dims(ops.cast(mask, x.dtype), -1)


def rectify(x: Tensor, mask: Tensor | None) -> Tensor:
    """Apply a ReLU and set padded positions to zero.

    The gradient reads the result instead of `x` and mask.

    Args:
        x: float[B, L, D], or with more axes before the last.
        mask: bool[B, L]; None is a plain ReLU.

    Returns:
        As `x`.

    Example:
        >>> rectify(ops.array([[[1.0, -1.0], [2.0, 3.0]]]), [[True, False]]).numpy().tolist()
        [[[1.0, 0.0], [0.0, 0.0]]]
    """
    if mask is None:
        return ops.relu(x)

    @attach_gradient
    def run(x: Tensor) -> Any:
        rectified = zero_padding(ops.relu(x), mask)

        def gradient(upstream: Tensor) -> Tensor:
            return back_propagate_relu(upstream, rectified)

        return rectified, gradient

    return run(x)


def make_padding_bias(mask: Tensor) -> Tensor:
    """Return the bias that keeps every query away from padded keys.

    Args:
        mask: bool[B, L] of the keys.

    Returns:
        float32[B, 1, 1, L], to be added to logits float[B, H, T, L].

    Example:
        >>> bias = make_padding_bias(ops.array([[True, False]]))
        >>> (bias[0, 0] == BLOCKED).numpy().tolist()
        [[False, True]]
    """
    return ops.cast(ops.logical_not(mask), "float32")[:, None, None, :] * BLOCKED


def make_causal_bias(length: Tensor | int) -> Tensor:
    """Return the bias that keeps every query away from later keys.

    Args:
        length: Number of positions T.

    Returns:
        float32[1, 1, T, T], to be added to logits float[B, H, T, T].

    Example:
        >>> (make_causal_bias(2)[0, 0] == BLOCKED).numpy().tolist()
        [[False, True], [False, False]]
    """
    steps = ops.arange(length)
    later = ops.less(steps[:, None], steps[None, :])
    return (ops.cast(later, "float32") * BLOCKED)[None, None]
