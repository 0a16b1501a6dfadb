"""Texts beside each other with the words marked in which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from t2t_mm.report.markup import Markup, join_parts, make_element


def mark_differences(decoded: str, reference: str) -> tuple[Markup, Markup]:
    """Mark the fewest words that have to change to turn one text into the other.

    Returns:
        `decoded`, where wrong and superfluous words are in <mark>, and `reference`, where the words
        that were not found are.

    Example:
        >>> mark_differences("a red boat", "a red house")[0]
        'a red <mark>boat</mark>'
    """
    import jiwer

    # jiwer would split at spaces alone.
    words, true_words = decoded.split(), reference.split()
    alignment = jiwer.process_words(" ".join(true_words), " ".join(words)).alignments[0]
    changed = [part for part in alignment if part.type != "equal"]
    wrong = {i for part in changed for i in range(part.hyp_start_idx, part.hyp_end_idx)}
    missed = {i for part in changed for i in range(part.ref_start_idx, part.ref_end_idx)}
    return _mark_words(words, wrong), _mark_words(true_words, missed)


def mark_unexpected(decoded: str, references: Sequence[str]) -> Markup:
    """Mark the words of `decoded` that none of several references has.

    Example:
        >>> mark_unexpected("A red boat.", ["a small boat", "the red one"])
        'A red boat.'
        >>> mark_unexpected("a cat", ["a small boat", "the red one"])
        'a <mark>cat</mark>'
    """
    known = {_strip_punctuation(word) for text in references for word in text.split()}
    words = decoded.split()
    return _mark_words(
        words, {i for i, word in enumerate(words) if _strip_punctuation(word) not in known}
    )


def _strip_punctuation(word: str) -> str:
    return word.lower().strip(".,;:!?\"'()")


def _mark_words(words: Sequence[str], positions: set[int]) -> Markup:
    """Join words; those at some positions are marked, neighbours together."""
    runs: list[str] = []
    for is_marked, run in groupby(enumerate(words), lambda pair: pair[0] in positions):
        text = " ".join(word for _, word in run)
        runs += [" ", make_element("mark", text) if is_marked else text]
    return join_parts(runs[1:])
