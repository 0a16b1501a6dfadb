"""Products of rows and a weight matrix, and the gradients that are such products.

Axis letters: N rows, D their width, F the width of the result; A any axes before, the same in both.
"""

from typing import Any

from keras import ops

from t2t_mm.layers.forms import choose_form
from t2t_mm.layers.gradients import attach_gradient
from t2t_mm.layers.weights import read_weights

Tensor = Any


@choose_form
def multiply_transposed(x_AND: Tensor, w_AFD: Tensor) -> Tensor:
    """Multiply matrices by the transposes of others, `x @ w.T`; either may be the weights.

    Args:
        x_AND: float[..., N, D].
        w_AFD: float[..., F, D].

    Returns:
        float[..., N, F].

    Example:
        >>> multiply_transposed(ops.ones((2, 3)), ops.ones((4, 3))).shape
        TensorShape([2, 4])
    """
    return ops.matmul(x_AND, ops.swapaxes(w_AFD, -1, -2))


@choose_form
def compute_logits(x_ND: Tensor, w_FD: Tensor) -> Tensor:
    """Multiply rows by the transpose of a matrix, `x @ w.T`, in float32 whatever they are.

    On JAX nothing is rounded on the way; TensorFlow rounds the product of bfloat16 to bfloat16.

    Args:
        x_ND: float[N, D].
        w_FD: float[F, D].

    Returns:
        float32[N, F].

    Example:
        >>> compute_logits(ops.ones((2, 3), "bfloat16"), ops.ones((4, 3), "bfloat16")).dtype
        tf.float32
    """
    return ops.cast(multiply_transposed(x_ND, w_FD), "float32")


@choose_form
def sum_outer_products(x_ND: Tensor, y_NF: Tensor) -> Tensor:
    """Multiply the transpose of a matrix by another, `x.T @ y`.

    Args:
        x_ND: float[N, D].
        y_NF: float[N, F].

    Returns:
        float[D, F].

    Example:
        >>> sum_outer_products(ops.ones((2, 3)), ops.ones((2, 4))).shape
        TensorShape([3, 4])
    """
    return ops.matmul(ops.transpose(x_ND), y_NF)


def project(x_ND: Tensor, w_DF: Tensor) -> Tensor:
    """Multiply rows by a matrix, `x @ w`, with a gradient by the products above.

    Args:
        x_ND: float[N, D].
        w_DF: float[D, F], or a variable of that shape.

    Returns:
        float[N, F].

    Example:
        >>> project(ops.ones((2, 3)), ops.ones((3, 4))).shape
        TensorShape([2, 4])
    """

    @attach_gradient
    def multiply(x_ND: Tensor, w_DF: Tensor) -> Any:
        def gradient(upstream_NF: Tensor) -> tuple[Tensor, Tensor]:
            return multiply_transposed(upstream_NF, w_DF), sum_outer_products(x_ND, upstream_NF)

        return ops.matmul(x_ND, w_DF), gradient

    return multiply(x_ND, *read_weights([w_DF]))


def project_to_logits(x_ND: Tensor, w_FD: Tensor) -> Tensor:
    """Multiply as `compute_logits`, with a gradient by the products above.

    Args:
        x_ND: float[N, D].
        w_FD: float[F, D], or a variable of that shape.

    Returns:
        float32[N, F].

    Example:
        >>> project_to_logits(ops.ones((2, 3)), ops.ones((4, 3))).shape
        TensorShape([2, 4])
    """

    @attach_gradient
    def multiply(x_ND: Tensor, w_FD: Tensor) -> Any:
        def gradient(upstream_NF: Tensor) -> tuple[Tensor, Tensor]:
            upstream_NF = ops.cast(upstream_NF, x_ND.dtype)
            return ops.matmul(upstream_NF, w_FD), sum_outer_products(upstream_NF, x_ND)

        return compute_logits(x_ND, w_FD), gradient

    return multiply(x_ND, *read_weights([w_FD]))
