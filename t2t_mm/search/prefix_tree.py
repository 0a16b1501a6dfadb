"""Prefix trees of symbol sequences, and outputs that are one of a closed set of answers.

Axis letters: B inputs, N rows of hypotheses, E edges of the tree, M its nodes, V symbols.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from t2t_mm.data.vocabulary.symbols import EOS_ID, Vocabulary
from t2t_mm.errors import UserError
from t2t_mm.search.constraint import mark_symbols
from t2t_mm.search.search_state import SearchState

Tensor = Any


class PrefixTree:
    """Sequences of symbols that share what they begin with; node 0 is the root.

    Attributes:
        parents: int32[E, 1], the node from which an edge leads.
        symbols: int32[E, 1], the symbol on it.
        children: int32[E, 1], the node to which it leads.
        num_nodes: M.

    Example:
        >>> tree = PrefixTree()
        >>> tree.add([5, 6]), tree.add([5, 7]), tree.add([5])
        (2, 3, 1)
        >>> tree.follow(ops.array([1, 1]), ops.array([7, 9])).numpy().tolist()
        [3, 0]
    """

    def __init__(self) -> None:
        self.num_nodes = 1
        self._edges: dict[tuple[int, int], int] = {}

    def add(self, sequence: Iterable[int], root: int = 0) -> int:
        """Add a sequence and return the node at its end."""
        node = root
        for symbol in sequence:
            node = self._edges.setdefault((node, symbol), self.num_nodes)
            self.num_nodes = max(self.num_nodes, node + 1)
        return node

    def add_root(self) -> int:
        """Add a node to which no edge leads, the root of another tree."""
        self.num_nodes += 1
        return self.num_nodes - 1

    @property
    def parents(self) -> np.ndarray[Any, Any]:
        """Return int32[E, 1]."""
        return np.array([[node] for node, _ in self._edges], np.int32)

    @property
    def symbols(self) -> np.ndarray[Any, Any]:
        """Return int32[E, 1]."""
        return np.array([[symbol] for _, symbol in self._edges], np.int32)

    @property
    def children(self) -> np.ndarray[Any, Any]:
        """Return int32[E, 1]."""
        return np.array([[node] for node in self._edges.values()], np.int32)

    def find_edges(self, nodes: Tensor) -> Tensor:
        """Return bool[E, N], the edges that lead from int32[N], a node for each row."""
        return ops.equal(self.parents, nodes)

    def follow(self, nodes: Tensor, symbols: Tensor) -> Tensor:
        """Return the nodes to which int32[N] symbols lead, int32[N]; 0 where they lead nowhere."""
        is_taken = ops.logical_and(self.find_edges(nodes), ops.equal(self.symbols, symbols))
        return ops.max(ops.where(is_taken, self.children, 0), axis=0)


class OneOf:
    """An output is one of the given answers.

    What is remembered is the node of a `PrefixTree`, int32[1, N].

    Args:
        answers: Texts; at least one.
        vocabulary: The targets'.

    Raises:
        UserError: There is no answer.

    Example:
        >>> from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
        >>> rule = OneOf(["yes", "no"], ByteVocabulary())
        >>> limits, memory = rule.start({}, ops.array([2]))
        >>> limits.numpy().tolist()
        [4]
        >>> memory = rule.advance(memory, ops.array(ByteVocabulary().encode("n")))
        >>> allowed = np.flatnonzero(rule.allow(memory, None, 259)[0])
        >>> ByteVocabulary().decode(allowed)
        'o'

    Source: De Cao et al. 2021, "Autoregressive Entity Retrieval" (arXiv:2010.00904), section 3.2.
    """

    def __init__(self, answers: Sequence[str], vocabulary: Vocabulary) -> None:
        if not answers:
            raise UserError("There is no answer to choose from", expected="at least one")
        sequences = [[*vocabulary.encode(answer), EOS_ID] for answer in answers]
        self.longest = max(map(len, sequences))
        self.tree = PrefixTree()
        for sequence in sequences:
            self.tree.add(sequence)

    def describe_inputs(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return nothing: the answers are the same for all."""
        return {}

    def start(self, inputs: Mapping[str, Tensor], limits: Tensor) -> tuple[Tensor, Any]:
        """Begin at the root; the longest answer has to fit."""
        return ops.maximum(limits, self.longest), ops.zeros_like(limits)[None]

    def allow(self, memory: Tensor, state: SearchState, num_symbols: int) -> Tensor:
        """Return the symbols that go on with an answer."""
        edges = self.tree.find_edges(memory[0])
        symbols = ops.broadcast_to(self.tree.symbols, ops.shape(edges))
        return mark_symbols(symbols, edges, num_symbols)

    def advance(self, memory: Tensor, chosen: Tensor) -> Tensor:
        """Follow the edges."""
        return self.tree.follow(memory[0], chosen)[None]
