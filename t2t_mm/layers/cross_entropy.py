"""Cross entropy with label smoothing, its gradient written out.

Axis letters: N rows, D their width, V classes.
Source: Szegedy et al. 2016, arXiv:1512.00567, section 7; as in Tensor2Tensor, the mass lies on the
wrong classes only.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from keras import ops

from t2t_mm.layers.gradients import attach_gradient
from t2t_mm.layers.products import compute_logits, sum_outer_products
from t2t_mm.layers.weights import read_weights

Tensor = Any

NUM_PARTS = 2
"""Of the rows of `compute_projected_cross_entropy`; each more adds up V x D numbers once more."""


def compute_cross_entropy(logits_NV: Tensor, ids_N: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Compute how far the logits are from each row's class, in nats.

    The smoothed target is `low` at each wrong class and `1 - label_smoothing` at the right one.
    It is never made: with a vocabulary of thousands it would be as large as the logits.
    TensorFlow's own operation runs on one core and takes three times as long.

    Args:
        logits_NV: float[N, V].
        ids_N: int[N], the right classes.
        label_smoothing: Mass spread evenly over the V - 1 wrong classes; the entropy of the
            smoothed target is not subtracted.

    Returns:
        float32[N].

    Example:
        >>> losses = compute_cross_entropy(ops.zeros((1, 4)), ops.array([2]))
        >>> print(losses.numpy().round(4))  # log 4
        [1.3863]
    """
    target = _SmoothedTarget.from_ids(ids_N, label_smoothing, logits_NV.shape[-1])

    @attach_gradient
    def compute_losses(logits: Tensor) -> Any:
        losses_N, chances_NV = target.compute_losses(logits)

        def gradient(upstream_N: Tensor) -> Tensor:
            return target.compute_slopes(chances_NV, upstream_N)

        return losses_N, gradient

    return compute_losses(ops.cast(logits_NV, "float32"))


def compute_projected_cross_entropy(
    x_ND: Tensor, w_VD: Tensor, ids_N: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Compute the cross entropy of the logits `x @ w.T`, which are never there all at once.

    The rows are cut in parts, each with its own products, so that cores need not wait for each
    other where an operation has one core (`train.num_threads=1`): 512 rows of 128 with 8,192
    classes take 12 instead of 17 ms on two cores, 1,024 rows of 512 68 instead of 91.

    Args:
        x_ND: float[N, D].
        w_VD: float[V, D], or a variable of that shape.
        ids_N: int[N], the right classes.
        label_smoothing: See `compute_cross_entropy`.

    Returns:
        float32[N].

    Example:
        >>> x, w = ops.ones((2, 3)), ops.ones((4, 3))
        >>> losses = compute_projected_cross_entropy(x, w, ops.array([2, 0]))
        >>> print(losses.numpy().round(4))  # log 4
        [1.3863 1.3863]
    """

    @attach_gradient
    def compute_losses(x_ND: Tensor, w_VD: Tensor) -> Any:
        rows, num_classes = _cut_into_parts(ops.shape(x_ND)[0]), w_VD.shape[0]
        targets = [
            _SmoothedTarget.from_ids(ids_N[part], label_smoothing, num_classes) for part in rows
        ]
        losses, chances = [], []
        for part, target in zip(rows, targets, strict=True):
            losses_N, chances_NV = target.compute_losses(compute_logits(x_ND[part], w_VD))
            losses.append(losses_N)
            chances.append(chances_NV)

        def gradient(upstream_N: Tensor) -> tuple[Tensor, Tensor]:
            x_slopes, w_slopes = [], []
            for part, target, chances_NV in zip(rows, targets, chances, strict=True):
                slopes = ops.cast(target.compute_slopes(chances_NV, upstream_N[part]), x_ND.dtype)
                x_slopes.append(ops.matmul(slopes, w_VD))
                w_slopes.append(sum_outer_products(slopes, x_ND[part]))
            return ops.concatenate(x_slopes), sum(w_slopes)

        return ops.concatenate(losses), gradient

    return compute_losses(x_ND, *read_weights([w_VD]))


def _cut_into_parts(length: Tensor | int) -> list[slice]:
    bounds = [length * i // NUM_PARTS for i in range(NUM_PARTS + 1)]
    return [slice(*pair) for pair in itertools.pairwise(bounds)]


class _SmoothedTarget(NamedTuple):
    """The distributions that rows are to have.

    Attributes:
        ids: int32[N, 1], the right classes.
        low: Mass at each class.
        extra: Mass beside it at the right one.
    """

    ids: Tensor
    low: float
    extra: float

    @classmethod
    def from_ids(cls, ids_N: Tensor, label_smoothing: float, num_classes: int) -> _SmoothedTarget:
        low = label_smoothing / max(num_classes - 1, 1)
        return cls(ops.cast(ids_N, "int32")[:, None], low, 1.0 - label_smoothing - low)

    def compute_losses(self, logits_NV: Tensor) -> tuple[Tensor, Tensor]:
        """Return the losses, float32[N], and the classes' chances, float32[N, V]."""
        chances_NV = ops.softmax(logits_NV, axis=-1)
        best_N = ops.max(logits_NV, axis=-1)
        # The best class's chance is never too small for its logarithm, as the right one's may be.
        log_total_N = -ops.log(ops.max(chances_NV, axis=-1))
        right_N = ops.take_along_axis(logits_NV, self.ids, axis=-1)[:, 0]
        losses_N = log_total_N - self.extra * (right_N - best_N)
        if self.low:
            sum_below_best_N = ops.sum(logits_NV, axis=-1) - logits_NV.shape[-1] * best_N
            losses_N = losses_N - self.low * sum_below_best_N
        return losses_N, chances_NV

    def compute_slopes(self, chances_NV: Tensor, upstream_N: Tensor) -> Tensor:
        """Return the gradient of the logits, float32[N, V], from that of the losses."""
        upstream_N1 = upstream_N[:, None]
        slopes_NV = chances_NV * upstream_N1
        if self.low:
            slopes_NV = slopes_NV - self.low * upstream_N1
        # From the chances and not from the slopes, which would then be copied to be changed.
        right_N1 = ops.take_along_axis(chances_NV, self.ids, axis=-1)
        at_right_N1 = (right_N1 - self.low - self.extra) * upstream_N1
        rows_N1 = ops.arange(ops.shape(self.ids)[0], dtype="int32")[:, None]
        places_N2 = ops.concatenate([rows_N1, self.ids], axis=1)
        return ops.scatter_update(slopes_NV, places_N2, at_right_N1[:, 0])
