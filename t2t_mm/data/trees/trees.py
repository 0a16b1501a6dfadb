"""Constituency trees, and reading them from bracketed text such as the Penn Treebank's files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple, NoReturn

from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import leave_out

WRAPPERS = frozenset(("", "TOP", "ROOT"))
"""Labels that treebanks put around a whole tree; they say nothing about the sentence."""

# A part of speech with its word, as most brackets are; or one bracket or word.
# Only white space of ASCII parts them: words hold no-break spaces.
_TOKENS = re.compile(r"\(\s*([^\s()]+)\s+([^\s()]+)\s*\)|([()]|[^\s()]+)", re.ASCII)
_TRACE = "-NONE-"
# A bracket that lacks would else have all of a treebank held as one tree.
_MOST_LINES = 10_000


class Tree(NamedTuple):
    """A constituent with its parts, or a part of speech with its word.

    Args:
        label: As "NP" or "NN"; "" only around several trees that belong together.
        children: At least one constituent or part of speech; or one word, below a part of speech.

    Example:
        >>> Tree("NP", (Tree("DT", ("the",)), Tree("NN", ("dog",)))).words()
        ['the', 'dog']
    """

    label: str
    children: tuple[Tree | str, ...]

    @property
    def is_tag(self) -> bool:
        """Whether this is a part of speech with its word."""
        return isinstance(self.children[0], str)

    def tags(self) -> Iterator[Tree]:
        """Yield the parts of speech from left to right, one per word."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.is_tag:
                yield node
            else:
                waiting.extend(node.branches()[::-1])

    def words(self) -> list[str]:
        """Return the words from left to right."""
        return [str(tag.children[0]) for tag in self.tags()]

    def branches(self) -> list[Tree]:
        """Return the children that are trees: all of them, or none below a part of speech."""
        return [child for child in self.children if isinstance(child, Tree)]


_EMPTY: Final = Tree("", ())
"""Brackets without a label or a word."""


def strip_wrapper(tree: Tree) -> Tree:
    """Return a tree without TOP, ROOT or a blank label around it.

    Where a wrapper holds several trees they stay together under the blank label.

    Example:
        >>> strip_wrapper(Tree("TOP", (Tree("UH", ("yes",)),)))
        Tree(label='UH', children=('yes',))
    """
    while tree.label in WRAPPERS and not tree.is_tag:
        branches = tree.branches()
        if len(branches) > 1:
            return Tree("", tuple(branches))
        tree = branches[0]
    return tree


@lru_cache(maxsize=1 << 16)
def simplify_label(label: str) -> str:
    """Return a label without function tags, indices and alternatives.

    Labels that begin with a dash, as -LRB-, are parts of speech of their own and stay.

    Example:
        >>> [simplify_label(label) for label in ("NP-SBJ-1", "NP=2", "ADVP|PRT", "-LRB-", "PRP$")]
        ['NP', 'NP', 'ADVP', '-LRB-', 'PRP$']
    """
    return label if label.startswith("-") else re.split(r"(?<=.)[-=|]", label, maxsplit=1)[0]


def read_trees(lines: Iterable[str], name: str) -> Iterator[Tree]:
    """Yield the trees of bracketed text: plain constituents over the words that were said.

    A tree may take several lines, and a line may hold several trees. Traces (-NONE-) go with the
    constituents that they leave empty, function tags go (see `simplify_label`), and so does a
    wrapper (see `strip_wrapper`). Words stay as they are written, -LRB- for "(" too. An empty tree,
    "(())", is reported by `leave_out`.

    Args:
        lines: The text.
        name: Of the file, for messages.

    Raises:
        UserError: Brackets that do not match, a constituent without label or content, a word that
            does not stand alone in the brackets of its part of speech; with file and line.

    Example:
        >>> text = ["( (S (NP-SBJ (PRP It))", "     (VP (VBZ works) (NP (-NONE- *)))) )"]
        >>> [tree.words() for tree in read_trees(text, "example.mrg")]
        [['It', 'works']]
    """
    opened: list[_Bracket] = []
    for number, line in _number_lines(lines, opened, name):
        for tag, word, token in _TOKENS.findall(line):
            if (tag or token == "(") and opened and opened[-1].label is None:
                opened[-1].label = _check_blank_label(opened, name, number)
            if token == "(":
                opened.append(_Bracket(number))
                continue
            node: Tree | str | None = token
            if tag:
                node = _make_tag(tag, word)
            elif token == ")" and opened:
                node = opened.pop().close(name, number)
            elif not opened:
                what = "a closing bracket too many" if token == ")" else "a word outside a tree"
                _raise_malformed(name, number, what, "trees in round brackets", token)
            if opened:
                opened[-1].add(node)
            elif node is _EMPTY:
                leave_out(f"{name}, line {number}: an empty tree")
            else:
                yield from _finish_tree(node)


def _number_lines(
    lines: Iterable[str], opened: list[_Bracket], name: str
) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line as long as the tree that is open is no endless one."""
    for number, line in enumerate(lines, start=1):
        if opened and number - opened[0].line > _MOST_LINES:
            _raise_unclosed(opened, name, f"within {_MOST_LINES:,} lines")
        yield number, line
    if opened:
        _raise_unclosed(opened, name, "before the end of the file")


def _finish_tree(node: Tree | str | None) -> Iterator[Tree]:
    """Yield a whole tree without its wrapper; nothing of one that was nothing but traces."""
    if isinstance(node, Tree):
        yield strip_wrapper(node)


@dataclass(slots=True)
class _Bracket:
    """An open bracket: its label (None while unknown), and what it holds so far."""

    line: int
    label: str | None = None
    children: list[Tree | str] = field(default_factory=list)
    num_words: int = 0
    has_trace: bool = False

    def add(self, child: Tree | str | None) -> None:
        """Add the label, a word or a tree; None stands for one that was nothing but traces."""
        if child is None:
            self.has_trace = True
        elif isinstance(child, Tree):
            self.children.append(child)
        elif self.label is None:
            self.label = child
        else:
            self.num_words += 1
            self.children.append(child)

    def close(self, name: str, number: int) -> Tree | None:
        """Return what the bracket holds now that line `number` closes it; None for a trace."""
        if self.num_words and (len(self.children) > 1 or self.has_trace):
            word = next(child for child in self.children if isinstance(child, str))
            expected = "each word alone in the brackets of its part of speech, as (NN dog)"
            _raise_malformed(name, number, f"more than one word under {self.label}", expected, word)
        if self.num_words:
            return _make_tag(self.label or "", str(self.children[0]))
        if self.label in (None, *WRAPPERS) and self.children == [_EMPTY] * len(self.children):
            return None if self.has_trace and not self.children else _EMPTY
        if self.children and _EMPTY not in self.children:
            return Tree(simplify_label(self.label or ""), tuple(self.children))
        if self.children or not self.has_trace:
            expected = "a label and at least one word, as (NN dog)"
            _raise_malformed(name, number, "empty brackets", expected, f"({self.label or ''})")
        return None


def _make_tag(label: str, word: str) -> Tree | None:
    return None if label == _TRACE else Tree(simplify_label(label), (word,))


def _check_blank_label(opened: list[_Bracket], name: str, number: int) -> str:
    """Return the blank label, which only the outermost bracket may have."""
    if len(opened) > 1:
        _raise_malformed(
            name,
            number,
            "a constituent without label",
            "a label after each bracket but the outermost; or else the tree that begins in line "
            f"{opened[0].line} lacks a closing bracket",
            "((",
        )
    return ""


def _raise_unclosed(opened: list[_Bracket], name: str, where: str) -> NoReturn:
    expected = f"{len(opened)} more closing brackets {where}"
    what = "the tree that begins here is never closed"
    _raise_malformed(name, opened[0].line, what, expected, "(")


def _raise_malformed(name: str, number: int, what: str, expected: str, received: str) -> NoReturn:
    raise UserError(
        f"{name}, line {number}: {what}",
        expected=expected,
        received={"text": received},
        fix="Correct the file.",
    )
