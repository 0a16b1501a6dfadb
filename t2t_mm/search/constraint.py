"""What outputs may be: rules that say at every step of a search which symbols may come next.

Axis letters: B inputs, N rows of hypotheses, T positions, V symbols.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from keras import ops

from t2t_mm.search.search_state import SearchState

Tensor = Any


class Constraint(Protocol):
    """A rule about outputs, followed by every way to search.

    What it remembers of each row is a tensor with the rows in axis 1, or a nest of tuples of such,
    so that hypotheses take theirs along when they are reordered. A row that has ended is given
    padding.
    """

    def describe_inputs(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is to be known of the inputs of a batch: arrays [B, ...] by name."""

    def start(self, inputs: Mapping[str, Tensor], limits: Tensor) -> tuple[Tensor, Any]:
        """Begin a search.

        Args:
            inputs: The batch, with what `describe_inputs` returned.
            limits: int32[B], the most symbols of an output.

        Returns:
            The limits, raised where no output would fit, and what is remembered at first.
        """

    def allow(self, memory: Any, state: SearchState, num_symbols: int) -> Tensor:
        """Return bool[N, V], which symbols may stand at the state's position.

        Args:
            memory: What is remembered of the symbols so far.
            state: The search's.
            num_symbols: V.
        """

    def advance(self, memory: Any, chosen: Tensor) -> Any:
        """Return what is remembered after one more symbol of each row, int32[N]."""


class NoRepeat:
    """No sequence of `length` symbols stands in an output twice.

    Args:
        length: At least 1.

    Example:
        >>> state = SearchState(ops.array([[5], [6], [5]]), 3, None, None, None, None)
        >>> allowed = NoRepeat(2).allow((), state, 8)  # not 5 6 again
        >>> ops.convert_to_numpy(allowed)[0].tolist()
        [True, True, True, True, True, True, False, True]

    Source: Paulus et al. 2017, "A Deep Reinforced Model for Abstractive Summarization", section
        2.5, there of three words.
    """

    def __init__(self, length: int) -> None:
        self.length = length

    def describe_inputs(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return nothing: inputs play no part."""
        return {}

    def start(self, inputs: Mapping[str, Tensor], limits: Tensor) -> tuple[Tensor, Any]:
        """Return the limits as they are, and nothing to remember."""
        return limits, ()

    def allow(self, memory: Any, state: SearchState, num_symbols: int) -> Tensor:
        """Return all but what would complete a sequence that was there before."""
        ids, before = state.ids, self.length - 1
        room = ops.shape(ids)[0]
        places = ops.arange(room)
        is_repeated = ops.expand_dims(places + before < state.position, 1)
        for offset in range(before):
            beginning = ops.take(ids, ops.minimum(places + offset, room - 1), axis=0)
            last = ops.take(ids, ops.maximum(state.position - before + offset, 0), axis=0)
            is_repeated = ops.logical_and(is_repeated, beginning == last)
        is_repeated = ops.broadcast_to(is_repeated, ops.shape(ids))
        ends = ops.take(ids, ops.minimum(places + before, room - 1), axis=0)
        return ops.logical_not(mark_symbols(ends, is_repeated, num_symbols))

    def advance(self, memory: Any, chosen: Tensor) -> Any:
        """Return nothing."""
        return memory


class AllOf:
    """Several constraints at once.

    Args:
        constraints: Each of them holds.
    """

    def __init__(self, *constraints: Constraint) -> None:
        self.constraints = constraints

    def describe_inputs(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return what each wants to know."""
        described: dict[str, Any] = {}
        for constraint in self.constraints:
            described |= constraint.describe_inputs(batch)
        return described

    def start(self, inputs: Mapping[str, Tensor], limits: Tensor) -> tuple[Tensor, Any]:
        """Return the limits as each in turn has raised them, and what each remembers."""
        memories = []
        for constraint in self.constraints:
            limits, memory = constraint.start(inputs, limits)
            memories.append(memory)
        return limits, tuple(memories)

    def allow(self, memory: Any, state: SearchState, num_symbols: int) -> Tensor:
        """Return what all allow."""
        pairs = zip(self.constraints, memory, strict=True)
        first, *others = (one.allow(its, state, num_symbols) for one, its in pairs)
        for other in others:
            first = ops.logical_and(first, other)
        return first

    def advance(self, memory: Any, chosen: Tensor) -> Any:
        """Let each advance."""
        pairs = zip(self.constraints, memory, strict=True)
        return tuple(one.advance(its, chosen) for one, its in pairs)


def mark_symbols(symbols: Tensor, is_marked: Tensor, num_symbols: int) -> Tensor:
    """Return which symbols are marked anywhere in a row's list.

    Args:
        symbols: int32[E, N].
        is_marked: bool[E, N], which of them count.
        num_symbols: V.

    Returns:
        bool[N, V].

    Example:
        >>> is_marked = ops.array([[True], [False], [True]])
        >>> marked = mark_symbols(ops.array([[1], [2], [1]]), is_marked, 4)
        >>> marked.numpy().tolist()
        [[False, True, False, False]]
    """
    num_listed, num_rows = ops.shape(symbols)
    columns = ops.where(is_marked, symbols, num_symbols)  # one column more, which is dropped
    rows = ops.broadcast_to(ops.arange(num_rows, dtype="int32"), (num_listed, num_rows))
    places = ops.reshape(rows * (num_symbols + 1) + columns, (-1, 1))
    size = num_rows * (num_symbols + 1)
    counts = ops.scatter(places, ops.ones_like(places[:, 0]), (size,))
    return ops.reshape(counts, (num_rows, num_symbols + 1))[:, :-1] > 0
