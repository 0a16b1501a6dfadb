"""Trees as bracketed text with their words, also of symbols that a model has not quite mastered."""

from __future__ import annotations

import re
from collections.abc import Sequence

from t2t_mm.data.trees.linearization import try_delinearize
from t2t_mm.data.trees.tree_facts import split_words
from t2t_mm.data.trees.trees import Tree

LEFT_OVER = "XX"
"""The part of speech of words for which the symbols have none, as the Penn Treebank has it."""

_ATTACHED = re.compile(r"\w[\w'-]*[,;:!?]|\w{2,}\.$|\w+n't|[\"(].+|.+[\")]")


def write_brackets(tree: Tree) -> str:
    """Write a tree in one line; parentheses in words are written as treebanks do.

    Example:
        >>> write_brackets(Tree("NP", (Tree("DT", ("the",)), Tree("NN", ("dog",)))))
        '(NP (DT the) (NN dog))'
        >>> write_brackets(Tree("NN", (":)",)))
        '(NN :-RRB-)'
    """
    written: list[str] = []
    waiting: list[Tree | str] = [tree]
    while waiting:  # no recursion: an output may be nested as deeply as it is long
        node = waiting.pop()
        if isinstance(node, str):
            written.append(node)
        elif node.is_tag:
            word = str(node.children[0]).replace("(", "-LRB-").replace(")", "-RRB-")
            written.append(f" ({node.label} {word})")
        else:
            written.append(f" ({node.label}")
            waiting += [")", *node.branches()[::-1]]
    return "".join(written)[1:]


def bracket_words(symbols: str, words: Sequence[str]) -> tuple[str, bool]:
    """Write the tree that symbols and words make, mended where they make none.

    Mended is what is not closed or not opened, parts of speech beyond the words go, words beyond
    the parts of speech come as XX at the end: always balanced, and always just these words.

    Args:
        symbols: A decoded sequence, as `linearize` writes it.
        words: Of the input.

    Returns:
        The brackets ("" where there is no word), and whether they had to be mended.

    Example:
        >>> bracket_words("S NP DT NN /NP /S", ["the", "dog"])
        ('(S (NP (DT the) (NN dog)))', False)
        >>> bracket_words("NP DT NN", ["the"])
        ('(NP the)', True)
    """
    if tree := try_delinearize(symbols, words):
        return write_brackets(tree), False
    return (write_brackets(_mend_tree(symbols.split(), words)) if words else ""), True


def find_attached_punctuation(text: str) -> str:
    """Return the first word of a text that a treebank would have cut in two; "" if there is none.

    Example:
        >>> [find_attached_punctuation(text) for text in ("The dog barks.", "Mr. Fox runs .")]
        ['barks.', '']
    """
    *others, last = split_words(text) or [""]
    for word in others:
        if _ATTACHED.fullmatch(word) and not word.endswith("."):
            return word
    return last if _ATTACHED.fullmatch(last) else ""


def _mend_tree(symbols: Sequence[str], words: Sequence[str]) -> Tree:
    closed = {symbol[1:] for symbol in symbols if len(symbol) > 1 and symbol.startswith("/")}
    opened: list[tuple[str, list[Tree]]] = [("", [])]
    waiting = list(words)[::-1]
    for symbol in symbols:
        label = symbol.removeprefix("/")
        if symbol in closed:
            opened.append((symbol, []))
        elif symbol.startswith("/") and label in (name for name, _ in opened[1:]):
            while _close(opened) != label:
                pass
        elif not symbol.startswith("/") and waiting:
            opened[-1][1].append(Tree(symbol.removeprefix("=") or LEFT_OVER, (waiting.pop(),)))
    while len(opened) > 1:
        _close(opened)
    left_over = [Tree(LEFT_OVER, (word,)) for word in waiting[::-1]]
    roots = opened[0][1]
    if len(roots) == 1 and not roots[0].is_tag:
        return Tree(roots[0].label, (*roots[0].children, *left_over))
    parts = (*roots, *left_over)
    return parts[0] if len(parts) == 1 else Tree("", parts)


def _close(opened: list[tuple[str, list[Tree]]]) -> str:
    """Close the innermost constituent, which goes if it is empty; return its label."""
    label, children = opened.pop()
    if children:
        opened[-1][1].append(Tree(label, tuple(children)))
    return label
