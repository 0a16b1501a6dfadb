"""Outputs that are trees over just the words of their inputs.

Axis letters: B inputs, N rows of hypotheses, H depth, E edges, M nodes, S tree symbols, V symbols.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from t2t_mm.data.trees.tree_facts import CutWords, TreeFacts, split_words
from t2t_mm.data.vocabulary.symbols import EOS_ID, Vocabulary
from t2t_mm.search.constraint import mark_symbols
from t2t_mm.search.prefix_tree import PrefixTree
from t2t_mm.search.search_state import SearchState

Tensor = Any


class Growing(NamedTuple):
    """What is known of trees that are being written, up to their last whole tree symbol.

    Attributes:
        node: int32[1, N], where the pieces since then have led in the prefix tree.
        num_words: int32[1, N], words that have no part of speech yet.
        depth: int32[1, N], constituents that are open.
        labels: int32[H, N], theirs.
        num_opened: int32[1, N], those opened since the last other symbol.
        is_begun: bool[1, N], whether there is any symbol.
    """

    node: Tensor
    num_words: Tensor
    depth: Tensor
    labels: Tensor
    num_opened: Tensor
    is_begun: Tensor


class TreeGrammar:
    """An output is a linearised tree with one part of speech for each word of its input.

    A constituent closes under its own label and holds something, the root closes after the last
    word and nothing comes after it, and no constituent opens that could not be closed before the
    limit. No tree is deeper, and no more constituents open one after the other, than in the trees
    that the facts are of.

    Args:
        facts: Of the trees that were learned.
        inputs: The vocabulary of the sentences.
        targets: The vocabulary of the trees.
        cut_words: Cuts a sentence into the words that get a part of speech.

    Source: the idea that a search may know the grammar of what it writes, Vinyals et al. 2015,
        "Grammar as a Foreign Language" (arXiv:1412.7449), whose outputs needed none.
    """

    def __init__(
        self,
        facts: TreeFacts,
        inputs: Vocabulary,
        targets: Vocabulary,
        cut_words: CutWords = split_words,
    ) -> None:
        self.facts = facts
        self.inputs = inputs
        self.cut_words = cut_words
        number, others = len(facts.labels), len(facts.tags)
        symbols = [*facts.labels, *(f"/{label}" for label in facts.labels), *facts.tags]
        kinds = np.repeat(np.arange(3), [number, number, others])
        # Of each tree symbol, and at the end of none.
        self._opens, self._closes, self._tags = (
            np.append(kinds == kind, False) for kind in range(3)
        )
        self._labels = np.r_[np.arange(number), np.arange(number), np.zeros(others + 1)].astype(
            np.int32
        )
        self._none = len(symbols)
        self._tree = PrefixTree()
        self._later = self._tree.add_root()  # of all symbols but an output's first
        self._longest = self._add_symbols(symbols, targets)

    def _add_symbols(self, symbols: Sequence[str], targets: Vocabulary) -> int:
        """Add the pieces of each symbol to the prefix tree; return the length of the longest."""
        paths = []
        start = targets.encode(symbols[0])
        for number, symbol in enumerate(symbols):
            first, later = targets.encode(symbol), targets.encode(f"{symbols[0]} {symbol}")
            paths.append((0, first, number))
            paths.append((self._later, later[len(start) :], number))
        ends = [(self._tree.add(pieces, root), number) for root, pieces, number in paths]
        num_nodes = self._tree.num_nodes
        self._symbol_at = np.full(num_nodes, self._none, np.int32)
        self._pieces_at = np.zeros(num_nodes, np.int32)
        self._leads_to = np.zeros((len(symbols), num_nodes), np.float32)
        for end, number in ends:
            self._symbol_at[end] = number
        for root, pieces, number in paths:
            for count in range(len(pieces) + 1):
                node = self._tree.add(pieces[:count], root)
                self._pieces_at[node] = count
                self._leads_to[number, node] = 1.0
        return max(len(pieces) for _, pieces, _ in paths)

    def describe_inputs(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return "num_words", int32[B]."""
        rows = np.asarray(batch["inputs"]).tolist()
        counts = [len(self.cut_words(self.inputs.decode(row))) for row in rows]
        return {"num_words": np.array(counts, np.int32)}

    def start(self, inputs: Mapping[str, Tensor], limits: Tensor) -> tuple[Tensor, Any]:
        """Begin before the first symbol, with room for a flat tree at least."""
        num_words = inputs["num_words"]
        zeros = ops.zeros_like(num_words)[None]
        labels = ops.repeat(zeros, max(self.facts.max_depth, 1), axis=0)
        limits = ops.maximum(limits, (num_words + 2) * self._longest + 1)
        return limits, Growing(zeros, num_words[None], zeros, labels, zeros, zeros > 0)

    def allow(self, memory: Growing, state: SearchState, num_symbols: int) -> Tensor:
        """Return the pieces that lead to a tree symbol which may come next, or EOS."""
        node = memory.node[0]
        symbol = ops.take(self._symbol_at, node)
        after = self._write(memory, symbol)
        remaining = state.limits - state.position
        unfinished = self._find_symbols(memory, remaining + ops.take(self._pieces_at, node))
        # What the pieces make so far may only be how another symbol begins: /S of /SINV.
        is_symbol = ops.equal(symbol[:, None], np.arange(self._none, dtype=np.int32))
        is_whole = ops.any(ops.logical_and(unfinished, is_symbol), axis=1)
        following = self._find_symbols(after, remaining)

        def lead_to(symbols: Tensor) -> Tensor:
            nodes = ops.matmul(ops.cast(symbols, "float32"), self._leads_to) > 0.5
            return ops.transpose(ops.take(nodes, self._tree.children[:, 0], axis=1))

        edges = ops.logical_and(self._tree.find_edges(node), lead_to(unfinished))
        begins = ops.logical_and(self._tree.parents == self._later, is_whole[None])
        edges = ops.logical_or(edges, ops.logical_and(begins, lead_to(following)))
        pieces = ops.broadcast_to(self._tree.symbols, ops.shape(edges))
        is_tree = ops.logical_and(after.depth[0] == 0, after.num_words[0] == 0)
        is_tree = ops.logical_and(is_tree, is_whole)
        is_end = ops.logical_and(is_tree[:, None], ops.arange(num_symbols) == EOS_ID)
        return ops.logical_or(mark_symbols(pieces, edges, num_symbols), is_end)

    def advance(self, memory: Growing, chosen: Tensor) -> Growing:
        """Go on with the symbol that is being written, or write it and begin another."""
        node = memory.node[0]
        followed = self._tree.follow(node, chosen)
        begun = self._tree.follow(ops.full_like(node, self._later), chosen)
        is_next = followed == 0
        written = self._write(memory, ops.take(self._symbol_at, node))
        parts = zip(written, memory, strict=True)
        memory = Growing(*(ops.where(is_next, new, old) for new, old in parts))
        return memory._replace(node=ops.where(is_next, begun, followed)[None])

    def _write(self, memory: Growing, symbol: Tensor) -> Growing:
        """Return what is known after one more tree symbol, int32[N], or none."""
        opens, closes, is_tag = (
            ops.take(kind, symbol)[None] for kind in (self._opens, self._closes, self._tags)
        )
        places = ops.arange(memory.labels.shape[0], dtype="int32")[:, None]
        is_new = ops.logical_and(places == memory.depth, opens)
        is_some = (symbol != self._none)[None]
        num_opened = ops.where(opens, memory.num_opened + 1, 0)
        return memory._replace(
            num_words=memory.num_words - ops.cast(is_tag, "int32"),
            depth=memory.depth + ops.cast(opens, "int32") - ops.cast(closes, "int32"),
            labels=ops.where(is_new, ops.take(self._labels, symbol)[None], memory.labels),
            num_opened=ops.where(is_some, num_opened, memory.num_opened),
            is_begun=ops.logical_or(memory.is_begun, is_some),
        )

    def _find_symbols(self, memory: Growing, remaining: Tensor) -> Tensor:
        """Return bool[N, S], which tree symbols may come next.

        Args:
            memory: Of all symbols before.
            remaining: int32[N], the pieces that there is room for, an EOS included.
        """
        num_words, depth, num_opened = memory.num_words[0], memory.depth[0], memory.num_opened[0]
        is_inside, has_words = depth > 0, num_words > 0
        is_first = ops.logical_not(memory.is_begun[0])
        needed = (num_words + depth + 2) * self._longest + 1
        may_open = ops.logical_and(has_words, ops.logical_or(is_inside, is_first))
        may_open = ops.logical_and(may_open, remaining >= needed)
        may_open = ops.logical_and(may_open, depth < self.facts.max_depth)
        may_open = ops.logical_and(may_open, num_opened < self.facts.max_opened)
        is_alone = ops.logical_and(is_first, num_words == 1)
        may_tag = ops.logical_and(has_words, ops.logical_or(is_inside, is_alone))
        is_over = ops.logical_or(depth > 1, ops.logical_not(has_words))
        may_close = ops.logical_and(is_inside, ops.logical_and(num_opened == 0, is_over))
        last = ops.take_along_axis(memory.labels, ops.maximum(memory.depth - 1, 0), axis=0)[0]
        closes_last = ops.logical_and(self._closes[:-1], self._labels[:-1] == last[:, None])
        found = ops.logical_and(may_open[:, None], self._opens[:-1])
        found = ops.logical_or(found, ops.logical_and(may_tag[:, None], self._tags[:-1]))
        return ops.logical_or(found, ops.logical_and(may_close[:, None], closes_last))
