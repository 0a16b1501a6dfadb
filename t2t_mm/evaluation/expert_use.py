"""How evenly a problem uses the experts, in a few numbers for the log."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

MOST_SHARES = 64
"""Mixtures of more experts log no shares, so that a log stays small."""


def describe_expert_use(loads: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Describe how each mixture's choices fell on its experts.

    Args:
        loads: Of each batch; by name of the mixture float[E], each expert's number of positions.

    Returns:
        For a mixture "encoder": `encoder_expert_peak`, the largest load over the mean load (1:
        all alike; E / K: K experts had all), `encoder_experts_in_use` (see :func:`count_used`),
        and, of up to 64 experts, `encoder_expert_shares`, a list of E. A mixture that no real
        position reached is left out.

    Example:
        >>> use = describe_expert_use([{"encoder": [2.0, 0.0]}, {"encoder": [1.0, 1.0]}])
        >>> use["encoder_expert_peak"]
        1.5
    """
    sums: dict[str, Any] = {}
    for batch in loads:
        for mixture, load in batch.items():
            sums[mixture] = sums.get(mixture, 0.0) + np.asarray(load, np.float64)
    found: dict[str, Any] = {}
    for mixture, load in sums.items():
        if not load.sum():
            continue
        shares = load / load.sum()
        found[f"{mixture}_expert_peak"] = round(float(shares.max()) * len(shares), 4)
        found[f"{mixture}_experts_in_use"] = round(count_used(shares.tolist()), 4)
        if len(shares) <= MOST_SHARES:
            found[f"{mixture}_expert_shares"] = [round(share, 4) for share in shares.tolist()]
    return found


def count_used(shares: Sequence[float]) -> float:
    """Return how many experts equally used would be as spread out as these: e to the entropy.

    Args:
        shares: Of each expert; they add up to 1.

    Example:
        >>> count_used([0.5, 0.5, 0.0, 0.0])
        2.0
    """
    return math.exp(-sum(share * math.log(share) for share in shares if share > 0))
