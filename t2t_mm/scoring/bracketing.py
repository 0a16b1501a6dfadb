"""Labelled bracketing scores: how much of the right constituents a parser finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from t2t_mm.data.trees.linearization import count_words, delinearize, try_delinearize
from t2t_mm.data.trees.trees import Tree
from t2t_mm.errors import UserError
from t2t_mm.scoring.decoded import Decoded, Scores
from t2t_mm.scoring.intervals import Statistics

PUNCTUATION_TAGS = frozenset((",", ":", "``", "''", "."))
"""The parts of speech that EVALB leaves out of the sentences, by its parameters COLLINS.prm."""


def score_brackets(decoded: Decoded, *, deleted_tags: Collection[str] = ()) -> Scores:
    """Score linearised trees against the first reference of each.

    A bracket is a constituent's label with the words from its first to its last. Parts of speech
    are none, nor is a TOP or ROOT around the whole; equal brackets (an NP that is just an NP) count
    as often as they occur. An output that is no tree, or not one of as many words as the reference
    has, predicts no bracket and misses all the true ones.

    Args:
        decoded: Hypotheses and references as `t2t_mm.data.trees.linearization` writes trees. How
            long a sentence is, its reference says; the inputs are not looked at.
        deleted_tags: Parts of speech whose words do not count as part of any bracket.

    Returns:
        In percent: `f1`, `precision` and `recall` of the brackets of all sentences together,
        `well_formed`: how many outputs are trees of the right length, `complete`: how many are the
        reference, tags included. And `f1_evalb`, to be compared with published figures: punctuation
        deleted, ADVP and PRT taken for one label, and a sentence left out altogether where the
        remaining words differ, as they do in malformed outputs. So it flatters who fails often.

    Raises:
        UserError: A reference is no tree.

    Example:
        >>> from t2t_mm.scoring.decoded import Decoded
        >>> one = Decoded(["S NP PRP /NP VBZ /S"], [["S NP PRP /NP VP VBZ /VP /S"]])
        >>> score_brackets(one)["precision"], score_brackets(one)["recall"]
        (100.0, 66.6667)

    Source: Black et al. 1991, "A Procedure for Quantitatively Comparing the Syntactic Coverage of
        English Grammars"; EVALB by Sekine and Collins (https://nlp.cs.nyu.edu/evalb/).
    """
    return count_brackets(decoded, deleted_tags=deleted_tags).score_all()


def count_brackets(decoded: Decoded, *, deleted_tags: Collection[str] = ()) -> Statistics:
    """Count the brackets of each sentence that were predicted, are true, and are both.

    The same for EVALB's F1; then 1 or 0 for well-formed and for complete. See `score_brackets`.

    Example:
        >>> from t2t_mm.scoring.decoded import Decoded
        >>> one = Decoded(["S NP PRP /NP VBZ /S"], [["S NP PRP /NP VP VBZ /VP /S"]])
        >>> count_brackets(one).rows.tolist()
        [[2, 3, 2, 2, 3, 2, 1, 0]]
    """
    rows = []
    for number, hypothesis in enumerate(decoded.hypotheses):
        reference = decoded.references[number][0]
        true = _read_reference(reference, number)
        predicted = try_delinearize(hypothesis, [""] * count_words(reference))
        counts = _match(_find_brackets(predicted, deleted_tags), _find_brackets(true, deleted_tags))
        evalb_counts = [0, 0, 0]
        if predicted is not None:
            ours, theirs = (_find_brackets(tree, PUNCTUATION_TAGS) for tree in (predicted, true))
            if ours.positions == theirs.positions:
                evalb_counts = _match(ours.merge_labels(), theirs.merge_labels())
        is_complete = predicted is not None and hypothesis.split() == reference.split()
        rows.append([*counts, *evalb_counts, int(predicted is not None), int(is_complete)])
    counted = np.array(rows, int).reshape(len(rows), 8)
    return Statistics(counted, partial(_compute_scores, num_sentences=len(rows)))


def _compute_scores(sums: Sequence[float], num_sentences: int) -> dict[str, float]:
    predicted, true, matched, *evalb, well_formed, complete = sums
    return {
        "f1": _compute_percent(2 * matched, predicted + true),
        "precision": _compute_percent(matched, predicted),
        "recall": _compute_percent(matched, true),
        "well_formed": _compute_percent(well_formed, num_sentences),
        "complete": _compute_percent(complete, num_sentences),
        "f1_evalb": _compute_percent(2 * evalb[2], evalb[0] + evalb[1]),
    }


@dataclass
class _Brackets:
    """The brackets of one sentence as (label, start, end), and which words are not deleted."""

    counts: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    positions: list[int] = field(default_factory=list)

    def merge_labels(self) -> _Brackets:
        """Call PRT ADVP: EVALB's parameters take the two for one label."""
        counts: Counter[tuple[str, int, int]] = Counter()
        for (label, start, end), count in self.counts.items():
            counts["ADVP" if label == "PRT" else label, start, end] += count
        return _Brackets(counts, self.positions)


def _find_brackets(tree: Tree | None, deleted_tags: Collection[str]) -> _Brackets:
    """Return the brackets over the words that are left; of no tree none."""
    found = _Brackets()
    position = 0
    # A constituent gives way to its children and, after them, its label and start.
    waiting: list[Tree | tuple[str, int]] = [] if tree is None else [tree]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Tree):
            label, start = node
            if label and start < len(found.positions):
                found.counts[label, start, len(found.positions)] += 1
        elif node.is_tag:
            if node.label not in deleted_tags:
                found.positions.append(position)
            position += 1
        else:
            waiting += [(node.label, len(found.positions)), *node.branches()[::-1]]
    return found


def _match(predicted: _Brackets, true: _Brackets) -> list[int]:
    """Count what was predicted, what is true, and what is both."""
    ours, theirs = predicted.counts, true.counts
    return [ours.total(), theirs.total(), (ours & theirs).total()]


def _compute_percent(part: float, whole: float) -> float:
    return 100.0 * part / whole if whole else 0.0


def _read_reference(symbols: str, number: int) -> Tree:
    try:
        return delinearize(symbols, [""] * count_words(symbols))
    except UserError as error:
        raise UserError(f"Example {number} has no tree as its reference. {error}") from None
