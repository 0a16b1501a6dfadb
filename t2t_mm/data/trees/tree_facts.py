"""What the trees of a data set have in common: their symbols, and how deep they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from t2t_mm.data.trees.linearization import find_closed_labels, is_closing


@dataclass(frozen=True)
class TreeFacts:
    """The symbols of linearised trees, and the most that is open in one of them.

    Args:
        labels: Of constituents.
        tags: Of parts of speech, as they are written: with "=" in front where it is needed.
        max_depth: Constituents that are open at once.
        max_opened: Constituents that are opened one after the other, with nothing between.
    """

    labels: tuple[str, ...]
    tags: tuple[str, ...]
    max_depth: int
    max_opened: int


def collect_facts(lines: Iterable[str]) -> TreeFacts:
    """Collect the facts of linearised trees.

    What is a constituent in one tree counts as none of the parts of speech in others.

    Args:
        lines: As `t2t_mm.data.trees.linearization.linearize` writes them.

    Example:
        >>> collect_facts(["S NP DT NN /NP /S", "NP NN /NP"])
        TreeFacts(labels=('NP', 'S'), tags=('DT', 'NN'), max_depth=2, max_opened=2)
    """
    labels: set[str] = set()
    symbols: set[str] = set()
    max_depth = max_opened = 0
    for line in lines:
        sequence = line.split()
        closed = find_closed_labels(sequence)
        labels |= closed
        symbols |= {symbol for symbol in sequence if not is_closing(symbol)}
        depth = opened = 0
        for symbol in sequence:
            opened = opened + 1 if symbol in closed else 0
            depth += (symbol in closed) - is_closing(symbol)
            max_depth, max_opened = max(max_depth, depth), max(max_opened, opened)
    return TreeFacts(tuple(sorted(labels)), tuple(sorted(symbols - labels)), max_depth, max_opened)
