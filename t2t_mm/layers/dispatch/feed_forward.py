"""The feed-forward net of one expert, or of a batch of them, and its gradient written out.

Axis letters: R rows, D width, F expert width; a leading E where experts are batched.
"""

from typing import Any

from keras import ops

Tensor = Any


def feed_forward(x: Tensor, w_in: Tensor, w_out: Tensor) -> tuple[Tensor, Tensor]:
    """Run the rows through ReLU(x W_inᵀ) W_out.

    Args:
        x: float[..., R, D].
        w_in: float[..., F, D].
        w_out: float[..., F, D].

    Returns:
        The hidden rows, float[..., R, F], and the result, float[..., R, D].

    Example:
        >>> hidden, out = feed_forward(ops.ones((1, 2)), ops.ones((3, 2)), ops.ones((3, 2)))
        >>> hidden.numpy().tolist(), out.numpy().tolist()
        ([[2.0, 2.0, 2.0]], [[6.0, 6.0]])
    """
    hidden = ops.relu(ops.matmul(x, _transpose(w_in)))
    return hidden, ops.matmul(hidden, w_out)


def back_propagate(
    upstream: Tensor, x: Tensor, hidden: Tensor, w_in: Tensor, w_out: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of `x`, `w_in` and `w_out`.

    Args:
        upstream: float[..., R, D], the gradient of the result.
        x: As `feed_forward` got it.
        hidden: As `feed_forward` returned it.
        w_in: float[..., F, D].
        w_out: float[..., F, D].
    """
    d_hidden = ops.where(hidden > 0, ops.matmul(upstream, _transpose(w_out)), 0)
    d_x = ops.matmul(d_hidden, w_in)
    return d_x, ops.matmul(_transpose(d_hidden), x), ops.matmul(_transpose(hidden), upstream)


def _transpose(matrix: Tensor) -> Tensor:
    return ops.swapaxes(matrix, -1, -2)
