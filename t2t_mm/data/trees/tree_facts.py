"""What the trees of a data set have in common: their symbols, and how deep they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from t2t_mm.data.trees.linearization import count_words, find_closed_labels, is_closing

CutWords = Callable[[str], Sequence[str]]


def split_words(text: str) -> list[str]:
    """Split a sentence at white space of ASCII alone, as treebanks do: "1 1/2" may be a word.

    Example:
        >>> len(split_words("two cups")), len(split_words(f"1{chr(0xA0)}1/2 cups"))
        (2, 2)
    """
    return _WORD.findall(text)


_WORD = re.compile(r"\S+", re.ASCII)
CUTS: tuple[CutWords, ...] = (split_words, re.compile(r"\w[\w'-]*|[^\w\s]").findall)
"""How a sentence may be cut into words: at white space alone, or before punctuation, too."""

_MARK = re.compile(r"[^\w/$#]+")  # "$" is a part of speech of "US$", too
_LEAST_SHARE = 0.99


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


def cut_as_tree(text: str, symbols: str) -> list[str]:
    """Cut a sentence into as many words as symbols have parts of speech.

    By the first of `CUTS` that does so; where none does, at white space. Where symbols have parts
    of speech for punctuation, as , and ., some words have to be punctuation, if there is any.

    Example:
        >>> cut_as_tree("A dog, too.", "S NP DT NN /NP , RB . /S")
        ['A', 'dog', ',', 'too', '.']
        >>> cut_as_tree("A dog, too.", "NP DT NN /NP")
        ['A', 'dog,', 'too.']
    """
    cuts, count = [list(cut(text)) for cut in CUTS], count_words(symbols)
    if any(map(_MARK.fullmatch, symbols.split())):
        cuts = [words for words in cuts if any(map(_MARK.fullmatch, words))] or cuts
    return next((words for words in cuts if len(words) == count), cuts[0])


def choose_cut(pairs: Iterable[tuple[str, str]]) -> CutWords | None:
    """Choose the way to cut sentences into as many words as their trees have parts of speech.

    Args:
        pairs: A sentence and its linearised tree each.

    Returns:
        The first of `CUTS` that is right for 99% of the pairs; None if there is none.

    Example:
        >>> cut = choose_cut([("A dog, too.", "S NP DT NN /NP , RB . /S")])
        >>> cut("Two cats.")
        ['Two', 'cats', '.']
    """
    counts = [(sentence, count_words(symbols)) for sentence, symbols in pairs]
    for cut in CUTS:
        right = sum(len(cut(sentence)) == count for sentence, count in counts)
        if right >= _LEAST_SHARE * len(counts):
            return cut
    return None
