"""The share of each problem of a mixture, from sizes, given numbers, groups or a function."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from t2t_mm.errors import UserError, suggest_closest

MIXINGS = ("uniform", "by_size", "temperature", "given", "function")
GROUP_RATE = "rate"
"""What a group's own rate is called, among the problems in it."""

RateTree: TypeAlias = Mapping[str, "float | RateTree"]
"""Rates by problem, and by the name of a group, whose value is another such mapping."""


def compute_mixture_rates(
    names: Sequence[str],
    *,
    mixing: str = "uniform",
    sizes: Mapping[str, int] | None = None,
    temperature: float = 2.0,
    rates: RateTree | None = None,
    function: Callable[[str], float] | None = None,
) -> dict[str, float]:
    """Return the share of batches that each problem gets.

    Args:
        names: The problems.
        mixing: "uniform" gives all the same, "by_size" goes by number of examples, "temperature"
            by that number to the power of 1 / temperature, "given" takes `rates`, "function" asks
            `function`.
        sizes: Number of training examples by problem, for "by_size" and "temperature".
        temperature: 1 is by size, infinity is uniform.
        rates: For "given": see `flatten_rates`; each problem must have one.
        function: For "function": from a problem's name to its relative rate.

    Returns:
        Rates by problem in the order of `names`, which add up to 1. They are rates again, which
        may be given for a group.

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
        found = _collect_values(names, sizes or {}, "sizes")
        weights = [(size / max(found)) ** power for size in found]
    elif mixing == "given":
        weights = _collect_values(names, flatten_rates(rates or {}), "rates")
    elif mixing == "function" and function is not None:
        weights = _collect_values(names, {name: function(name) for name in names}, "rates")
    else:
        raise UserError(
            f"There is no mixing named {mixing!r}.{suggest_closest(mixing, MIXINGS)}",
            expected=", ".join(MIXINGS),
            received={"mixing": mixing},
        )
    total = sum(weights)
    return {name: weight / total for name, weight in zip(names, weights, strict=True)}


def flatten_rates(tree: RateTree) -> dict[str, float]:
    """Return the rate of each problem in groups of problems.

    A number counts beside those of its own level only. A group is one entry there, of rate 1 unless
    it has a number called "rate", and its share is divided among what is in it. So more problems in
    a group take nothing from those beside it.

    Args:
        tree: Problem -> rate, or name of a group -> the same again.

    Returns:
        Rates by problem, in the order in which they stand there; without groups as they are.

    Raises:
        UserError: A problem is there twice, or the rates of a group sum to nothing.

    Example:
        >>> flatten_rates({"translation": {"rate": 3, "ende": 1, "enfr": 2}, "speech": 2})
        {'ende': 1.0, 'enfr': 2.0, 'speech': 2.0}

    Source: the nested mixtures of seqio, whose groups have rates of their own, too.
    """
    flat: dict[str, float] = {}
    for name, value in tree.items():
        if not isinstance(value, Mapping):
            parts = {name: float(value)} if name != GROUP_RATE else {}
        else:
            inside = flatten_rates(value)
            total, own = sum(inside.values()), value.get(GROUP_RATE, 1.0)
            if not isinstance(own, int | float) or not total > 0:
                raise UserError(
                    f"The rates of the group {name!r} sum to nothing", received={name: dict(value)}
                )
            parts = {one: own * rate / total for one, rate in inside.items()}
        if twice := sorted(parts.keys() & flat.keys()):
            raise UserError(f"The rates name {twice[0]!r} twice", received={"rates": dict(tree)})
        flat |= parts
    return flat


def list_rated(tree: RateTree) -> Iterator[str]:
    """List the problems in groups of problems.

    Example:
        >>> list(list_rated({"translation": {"rate": 3, "ende": 1}, "speech": 2}))
        ['ende', 'speech']
    """
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from list_rated(value)
        elif name != GROUP_RATE:
            yield name


def keep_rates(tree: RateTree, names: Collection[str]) -> RateTree:
    """Leave only some problems in groups; a group without any goes as well.

    Example:
        >>> keep_rates({"translation": {"ende": 1, "enfr": 2}, "speech": 2}, ["enfr", "speech"])
        {'translation': {'enfr': 2}, 'speech': 2}
    """
    kept: dict[str, float | RateTree] = {}
    for name, value in tree.items():
        if not isinstance(value, Mapping):
            if name in names or name == GROUP_RATE:
                kept[name] = value
        elif any(one in names for one in list_rated(value)):
            kept[name] = keep_rates(value, names)
    return kept


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
    if not any(chosen):
        raise UserError(f"The {what} of a mixture sum to nothing", received={what: dict(values)})
    if any(not math.isfinite(value) or value <= 0 for value in chosen):
        raise UserError(
            f"The {what} of a mixture must be positive; leave a problem out to give it no steps",
            received={what: dict(values)},
        )
    return chosen
