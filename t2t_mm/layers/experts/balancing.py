"""How evenly a gate uses its experts: losses, and a correction that is none.

Axis letters: N positions of the flattened batch, E experts, K experts chosen per position,
M = K + 1. `real_N` is 1 at real positions and 0 at padded ones, which count in nothing.
"""

import math
from typing import Any

from keras import ops

from t2t_mm.layers.softmax import compute_softmax

Tensor = Any

BALANCING = ("importance_load", "switch", "bias", "none")


def compute_squared_variation(values: Tensor) -> Tensor:
    """Compute the squared coefficient of variation: population variance over squared mean.

    Args:
        values: float[E].

    Returns:
        Scalar; 0 if all values are equal.

    Example:
        >>> float(compute_squared_variation(ops.array([1.0, 3.0])))  # variance 1, mean 2
        0.25
    """
    return ops.var(values) / (ops.square(ops.mean(values)) + 1e-10)


def compute_expected_load(
    clean_NE: Tensor, noisy_NE: Tensor, spread_NE: Tensor, best_NM: Tensor, real_N: Tensor
) -> Tensor:
    """Sum each expert's chance of being chosen if its own noise alone were drawn again.

    Unlike a count it has a gradient.

    Args:
        clean_NE: float[N, E], logits without noise.
        noisy_NE: float[N, E], logits with noise.
        spread_NE: float[N, E], the standard deviation of the noise.
        best_NM: float[N, K + 1], the largest noisy logits in descending order.
        real_N: float[N].

    Returns:
        float[E]; its sum is about the number of choices.

    Example:
        >>> clean, noisy, spread = ops.zeros((1, 2)), ops.array([[1.0, -1.0]]), ops.ones((1, 2))
        >>> load = compute_expected_load(clean, noisy, spread, best_NM=noisy, real_N=ops.ones(1))
        >>> print(load.numpy().round(2))  # one deviation above the other's logit, and one below
        [0.84 0.16]

    Source: Shazeer et al. 2017, arXiv:1701.06538, appendix A.
    """
    last_in, first_out = best_NM[:, -2, None], best_NM[:, -1, None]
    rival = ops.where(noisy_NE > first_out, first_out, last_in)
    chance = 0.5 * (1.0 + ops.erf((clean_NE - rival) / (spread_NE * math.sqrt(2.0))))
    return ops.sum(chance * real_N[:, None], axis=0)


def compute_switch_loss(clean_NE: Tensor, load_E: Tensor, real_N: Tensor) -> Tensor:
    """Compute E times the sum over experts of share of choices times mean probability.

    Its gradient goes through the probabilities only, and lowers those of the experts that have
    more than their share.

    Args:
        clean_NE: float[N, E], logits without noise; the probabilities are their softmax.
        load_E: float[E], how often each expert was chosen.
        real_N: float[N].

    Returns:
        Scalar; 1 if all experts are used alike, up to E / K if the same K get all.

    Example:
        >>> even = ops.zeros((2, 2))
        >>> float(compute_switch_loss(even, ops.array([1.0, 1.0]), ops.ones(2)))
        1.0

    Source: Fedus et al. 2021, arXiv:2101.03961, equations 4 to 6.
    Chosen: for K > 1 the share is of the choices, N times K; noise is left out of the
    probabilities, which are what the router means, not what the dice say.
    """
    shares = load_E / ops.maximum(ops.sum(load_E), 1.0)
    probabilities = ops.sum(compute_softmax(clean_NE) * real_N[:, None], axis=0)
    probabilities = probabilities / ops.maximum(ops.sum(real_N), 1.0)
    return clean_NE.shape[-1] * ops.sum(ops.stop_gradient(shares) * probabilities)


def compute_router_z_loss(clean_NE: Tensor, real_N: Tensor) -> Tensor:
    """Compute the mean of log(sum(exp(logits)))², which keeps logits small.

    Args:
        clean_NE: float[N, E], logits without noise.
        real_N: float[N].

    Returns:
        Scalar; log(E)² where all logits are 0.

    Example:
        >>> round(float(compute_router_z_loss(ops.zeros((2, 4)), ops.ones(2))) ** 0.5, 3)  # log 4
        1.386

    Source: Zoph et al. 2022, arXiv:2202.08906, equation 5.
    """
    squares = ops.square(ops.logsumexp(clean_NE, axis=-1))
    return ops.sum(squares * real_N) / ops.maximum(ops.sum(real_N), 1.0)


def correct_bias(bias_E: Tensor, load_E: Tensor, update_rate: float) -> Tensor:
    """Raise the bias of each expert with less than the mean load and lower that of the others.

    Args:
        bias_E: float[E], added to the logits for the choice only.
        load_E: float[E], how often each expert was chosen.
        update_rate: How far a bias moves.

    Returns:
        float[E].

    Example:
        >>> correct_bias(ops.zeros(3), ops.array([4.0, 2.0, 0.0]), 0.5).numpy().tolist()
        [-0.5, 0.0, 0.5]

    Source: Wang et al. 2024, arXiv:2408.15664, algorithm 1.
    """
    return bias_E + update_rate * ops.sign(ops.mean(load_E) - load_E)
