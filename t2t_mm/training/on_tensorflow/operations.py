"""Counts the multiplications and additions of matrix products and convolutions while they run.

A graph's static shapes do not tell: lengths are open, and how many positions an expert gets is
known at run time only. So the shapes are asked for beside the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

Shape = Sequence[int]


def count_operations(compute: Callable[[], Any]) -> float:
    """Run a computation once and count its operations.

    Args:
        compute: Builds TensorFlow operations; its result is not used.

    Returns:
        Operations, a multiplication and an addition being two. Everything else (sums of elements,
        norms, activations, the optimizer) is left out.

    Example:
        >>> import tensorflow as tf
        >>> count_operations(lambda: tf.matmul(tf.ones([2, 3]), tf.ones([3, 4])))
        48.0
    """
    import tensorflow as tf

    counted: list[Any] = []

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def shapes() -> Any:
        compute()
        graph = tf.compat.v1.get_default_graph()
        counted.extend(op for op in graph.get_operations() if op.type in COUNTS)
        return [[tf.shape(t) for t in (*op.inputs, *op.outputs)] for op in counted]

    results = shapes.get_concrete_function()()
    return float(
        sum(
            COUNTS[op.type](op, [shape.numpy().tolist() for shape in found])
            for op, found in zip(counted, results, strict=True)
        )
    )


def _count_matrix_product(op: Any, shapes: Sequence[Shape]) -> int:
    transposed = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
    inner = shapes[0][-2 if transposed else -1]
    return 2 * prod(shapes[-1]) * inner


def _count_convolution(op: Any, shapes: Sequence[Shape]) -> int:
    """Count: an output value sums over the taps and, unless depthwise, the input channels."""
    # Inputs, then the output; the third is the output or, going back, its gradient.
    kernel = shapes[3 if op.type.endswith("BackpropFilter") else 1]
    places = shapes[2]
    per_value = kernel[0] * kernel[1] * (1 if "Depthwise" in op.type else kernel[2])
    return 2 * prod(places) * per_value


CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")
COUNTS: dict[str, Callable[[Any, Sequence[Shape]], int]] = {
    "MatMul": _count_matrix_product,
    "BatchMatMulV2": _count_matrix_product,
    **{
        f"{name}{suffix}": _count_convolution
        for name in CONVOLUTIONS
        for suffix in ("", "BackpropInput", "BackpropFilter")
    },
}
