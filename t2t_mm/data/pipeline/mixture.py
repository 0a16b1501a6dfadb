"""Which problem feeds the next step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from t2t_mm.errors import UserError, suggest_closest

MIXINGS = ("uniform", "by_size", "temperature", "given")


def compute_mixture_rates(
    names: Sequence[str],
    *,
    mixing: str = "uniform",
    sizes: Mapping[str, int] | None = None,
    temperature: float = 2.0,
    rates: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Return the share of steps that each problem gets.

    Args:
        names: The problems.
        mixing: "uniform" gives all the same, "by_size" goes by number of examples, "temperature"
            by that number to the power of 1 / temperature, "given" takes `rates`.
        sizes: Number of training examples by problem, for "by_size" and "temperature".
        temperature: 1 is by size, infinity is uniform.
        rates: Relative rate by problem, for "given"; each problem must have one.

    Returns:
        Rates by problem in the order of `names`, which add up to 1.

    Raises:
        UserError: For an unknown mixing, or sizes, rates or a temperature that make no mixture.

    Example:
        >>> compute_mixture_rates(["a", "b"], mixing="temperature", sizes={"a": 100, "b": 900})
        {'a': 0.25, 'b': 0.75}

    Source: the temperature of Arivazhagan et al. 2019, arXiv:1907.05019, section 3.
    """
    if not names or len(set(names)) != len(names):
        raise UserError("A mixture needs problems, each once", received={"names": list(names)})
    if mixing == "uniform":
        weights = [1.0] * len(names)
    elif mixing in ("by_size", "temperature"):
        power = 1.0 if mixing == "by_size" else 1.0 / _check_temperature(temperature)
        weights = [float(size) ** power for size in _collect_values(names, sizes or {}, "sizes")]
    elif mixing == "given":
        weights = _collect_values(names, rates or {}, "rates")
    else:
        raise UserError(
            f"There is no mixing named {mixing!r}.{suggest_closest(mixing, MIXINGS)}",
            expected=", ".join(MIXINGS),
            received={"mixing": mixing},
        )
    total = sum(weights)
    return {name: weight / total for name, weight in zip(names, weights, strict=True)}


def _check_temperature(temperature: float) -> float:
    if temperature > 0:
        return temperature
    raise UserError(
        "The temperature of a mixture must be positive", received={"temperature": temperature}
    )


def _collect_values(names: Sequence[str], values: Mapping[str, float], what: str) -> list[float]:
    unknown = [name for name in values if name not in names] if what == "rates" else []
    missing = [name for name in names if name not in values]
    if unknown or missing:
        hint = suggest_closest(unknown[0], names) if unknown else ""
        raise UserError(
            f"The {what} of a mixture do not fit its problems.{hint}",
            expected=f"one for each of {', '.join(names)} and no other",
            received={what: dict(values)},
        )
    chosen = [float(values[name]) for name in names]
    if any(not math.isfinite(value) or value <= 0 for value in chosen):
        raise UserError(
            f"The {what} of a mixture must be positive; leave a problem out to give it no steps",
            received={what: dict(values)},
        )
    return chosen


class Mixture:
    """Draws the problem of each step, as a pure function of seed and step.

    It has no state: a run that goes on at step 1000 draws what an undisturbed one draws.

    Args:
        rates: Share of steps by problem, as `compute_mixture_rates` returns them.
        seed: Any integer.

    Example:
        >>> Mixture({"a": 0.5, "b": 0.5}, seed=1).choose_problem(7) in ("a", "b")
        True

    Source: Philox of Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
    """

    def __init__(self, rates: Mapping[str, float], seed: int) -> None:
        self.rates = dict(rates)
        self.seed = seed
        self._names = list(rates)
        self._edges = np.cumsum(list(rates.values()))

    def choose_problem(self, step: int) -> str:
        """Choose the problem of a step.

        Args:
            step: 0 is the first.
        """
        key = [self.seed % 2**64, step % 2**64]
        raw = int(np.random.Philox(key=np.array(key, dtype=np.uint64)).random_raw())
        # The edges' own end, not 1: rounding must not leave a gap behind the last problem.
        position = (raw >> 11) * 2.0**-53 * self._edges[-1]
        return self._names[int(np.searchsorted(self._edges, position, side="right"))]
