"""Gradients written out by hand, in place of those that a backend would derive."""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterator
from typing import Any

from keras import ops

from t2t_mm.layers.forms import choose_form

Tensor = Any


def attach_gradient(function: Callable[..., tuple[Tensor, Callable[..., Any]]]) -> Any:
    """Make a function whose gradient is the one that it returns beside its result.

    Args:
        function: Takes tensors by position and returns its result, one tensor, and a function
            that takes the gradient of the result and returns those of all arguments, in their
            order; None for an argument of integers. It must read no variables, see `read_weights`,
            and on JAX close over no traced value that a gradient flows to.

    Returns:
        A function of the same arguments that returns the result alone.

    Example:
        >>> @attach_gradient
        ... def clip_gradient(x):
        ...     def gradient(upstream):
        ...         return ops.clip(upstream, -1.0, 1.0)
        ...     return x, gradient
        >>> import tensorflow as tf
        >>> x = tf.constant([1.0, 2.0])
        >>> with tf.GradientTape() as tape:
        ...     tape.watch(x)
        ...     y = 5.0 * clip_gradient(x)
        >>> tape.gradient(y, x).numpy().tolist()
        [1.0, 1.0]
    """

    @ops.custom_gradient  # type: ignore[untyped-decorator]
    def run_both(*tensors: Tensor) -> Any:
        result, gradient = function(*tensors)

        # Keras's backends differ in whether they pass it by position or by name.
        def compute_gradient(*upstreams: Tensor, upstream: Tensor | None = None) -> Any:
            return gradient(upstreams[0] if upstream is None else upstream)

        return result, compute_gradient

    @functools.wraps(function)
    def run(*tensors: Tensor) -> Any:
        return function(*tensors)[0] if _left_out.get() else run_both(*tensors)

    return run


_left_out = contextvars.ContextVar("gradients_left_out", default=False)


@contextlib.contextmanager
def leave_gradients_out() -> Iterator[None]:
    """Build what is never differentiated: a gradient of one's own costs operations going forward.

    Example:
        >>> double = attach_gradient(lambda x: (2.0 * x, lambda upstream: 2.0 * upstream))
        >>> with leave_gradients_out():
        ...     double(ops.array(3.0)).numpy()
        np.float32(6.0)
    """
    token = _left_out.set(True)
    try:
        yield
    finally:
        _left_out.reset(token)


@choose_form
def back_propagate_relu(upstream: Tensor, rectified: Tensor) -> Tensor:
    """Return the gradient of what a ReLU was given, from its result.

    Args:
        upstream: float[...], the gradient of the result.
        rectified: float[...], the result.

    Returns:
        float[...]; zero where the result is zero.

    Example:
        >>> back_propagate_relu(ops.array([5.0, 5.0]), ops.array([0.0, 2.0])).numpy().tolist()
        [0.0, 5.0]
    """
    return ops.where(rectified > 0, upstream, ops.zeros_like(upstream))
