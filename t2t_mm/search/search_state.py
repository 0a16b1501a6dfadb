"""What a search knows at a position, and what it says in the end."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from keras import ops

from t2t_mm.layers.caching import take_rows
from t2t_mm.model.outputs import DecodingCache

Tensor = Any


class Hypotheses(NamedTuple):
    """The outputs of a batch, of each input the best first.

    Attributes:
        ids: int32[B, K, T]; what follows a row's EOS is 0. A row without EOS ran into the limit,
            or a constraint allowed nothing more.
        log_probabilities: float32[B, K], of all symbols of a row, its EOS included; minus infinity
            where an input has fewer outputs. None of a search that does not compute them.
        scores: float32[B, K], what the search prefers by; None too.
    """

    ids: npt.NDArray[np.int32]
    log_probabilities: npt.NDArray[np.float32] | None = None
    scores: npt.NDArray[np.float32] | None = None


class SearchState(NamedTuple):
    """What one part of a search hands to the next: N rows, K hypotheses of each of B inputs.

    Attributes:
        ids: int32[T, N], the symbols so far, and room for others.
        position: int32 scalar, how many of each row there are.
        previous: int32[N], the last of them.
        is_finished: bool[N], whether a row needs no more symbols.
        limits: int32[N], the most symbols of each row.
        cache: The model's.
        method: What a way to search remembers beside, a nest of tuples, the rows in axis 1.
        constraint: What a constraint remembers, a nest of tuples, the rows in axis 1.
    """

    ids: Tensor
    position: Tensor
    previous: Tensor
    is_finished: Tensor
    limits: Tensor
    cache: DecodingCache
    method: Any = ()
    constraint: Any = ()

    def take(self, rows: Tensor, num_sharing: int = 1) -> SearchState:
        """Return the state of some rows, int[N'], in their order.

        Args:
            rows: With one all others that share a cache with it.
            num_sharing: How many do.
        """
        return SearchState(
            ids=ops.take(self.ids, rows, axis=1),
            position=self.position,
            previous=ops.take(self.previous, rows),
            is_finished=ops.take(self.is_finished, rows),
            limits=ops.take(self.limits, rows),
            cache=take_rows(self.cache, rows, num_sharing),
            method=take_rows(self.method, rows),
            constraint=take_rows(self.constraint, rows),
        )


class OutputCollector:
    """Collects the outputs of inputs that finish one after the other.

    Args:
        num_inputs: B.

    Example:
        >>> collector = OutputCollector(2)
        >>> found = Hypotheses(np.array([[[5, 1]], [[6, 7]]]))
        >>> collector.put(np.array([0]), found, np.array([True, False]))
        >>> collector.put(np.array([1]), Hypotheses(np.array([[[6, 7, 1]]])), np.array([True]))
        >>> collector.join().ids.tolist()
        [[[5, 1, 0]], [[6, 7, 1]]]
    """

    def __init__(self, num_inputs: int) -> None:
        self.num_inputs = num_inputs
        self.found: dict[int, list[Any]] = {}

    def put(self, inputs: Any, hypotheses: Hypotheses, chosen: Any) -> None:
        """Keep the rows `chosen` of what was found, which are of these inputs.

        What is known of an input already stays.
        """
        parts = [None if part is None else part[chosen] for part in hypotheses]
        for row, place in enumerate(inputs.tolist()):
            self.found.setdefault(place, [None if part is None else part[row] for part in parts])

    def join(self) -> Hypotheses:
        """Return them in the order of the inputs, padded to the longest."""
        rows = [self.found[place] for place in range(self.num_inputs)]
        longest = max((ids.shape[1] for ids, *_ in rows), default=0)
        ids = [np.pad(ids, ((0, 0), (0, longest - ids.shape[1]))) for ids, *_ in rows]
        others = [
            None if part[0] is None else np.stack(part)
            for part in zip(*(rest for _, *rest in rows), strict=True)
        ]
        return Hypotheses(np.stack(ids), *others)
