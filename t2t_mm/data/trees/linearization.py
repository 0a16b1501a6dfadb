"""Trees as sequences of symbols that a model can write, and back.

A constituent writes its label where it begins and, with a slash, where it ends; a part of speech
writes its tag once; words are left out, as the sentence has them:

    (S (NP (DT the) (NN dog)) (VP (VBZ barks)))   ->   S NP DT NN /NP VP VBZ /VP /S

A symbol opens a constituent exactly if the sequence closes one of that label anywhere. A tag that
is the label of a constituent of the same tree would be taken for one: such a tag, which the Penn
Treebank has not, gets a "=" in front. So the inverse is exact for every tree.

Source: Vinyals et al. 2015, "Grammar as a Foreign Language" (arXiv:1412.7449), section 2.
Departs: parts of speech are not replaced by one symbol, and their tags are not closed.
"""

from __future__ import annotations

from collections.abc import Sequence

from t2t_mm.data.trees.trees import Tree, strip_wrapper
from t2t_mm.errors import UserError

_MARK = "="


def linearize(tree: Tree) -> str:
    """Return the symbols of a tree without TOP, ROOT or a blank label around it.

    Args:
        tree: Any tree; with labels as `read_trees` makes them.

    Raises:
        UserError: A label that could not be told from another symbol: it is blank or has white
            space, or begins with a slash or "=" and goes on.

    Example:
        >>> linearize(Tree("S", (Tree("NP", (Tree("PRP", ("it",)),)), Tree("VBZ", ("is",)))))
        'S NP PRP /NP VBZ /S'
    """
    tree = strip_wrapper(tree)
    symbols: list[str] = []
    tags: list[int] = []
    waiting: list[Tree | str] = [*_list_roots(tree)[::-1]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            symbols.append(node)
            continue
        if node.is_tag:
            tags.append(len(symbols))
        else:
            waiting += [f"/{node.label}", *node.branches()[::-1]]
        symbols.append(_check_label(node.label))
    closed = find_closed_labels(symbols)
    for index in tags:
        if symbols[index] in closed:
            symbols[index] = _MARK + symbols[index]
    return " ".join(symbols)


def delinearize(symbols: str, words: Sequence[str]) -> Tree:
    """Return the tree that has these symbols and words: the inverse of `linearize`.

    Args:
        symbols: Separated by white space.
        words: One for each part of speech.

    Returns:
        The tree without wrapper; several trees side by side come under the blank label.

    Raises:
        UserError: The symbols are no tree, or not one of so many words.

    Example:
        >>> delinearize("NP DT NN /NP", ["the", "dog"])
        Tree(label='NP', children=(Tree(label='DT', children=('the',)), ...))
    """
    sequence = symbols.split()
    closed = find_closed_labels(sequence)
    opened: list[tuple[str, list[Tree]]] = [("", [])]
    used = 0
    for position, symbol in enumerate(sequence, start=1):
        if is_closing(symbol):
            label, children = opened.pop()
            if label != symbol[1:]:
                raise _make_malformed_error(f"symbol {position} closes what is not open", symbols)
            if not children:
                raise _make_malformed_error(
                    f"symbol {position} closes an empty constituent", symbols
                )
            opened[-1][1].append(Tree(label, tuple(children)))
        elif symbol in closed:
            opened.append((symbol, []))
        else:
            word = words[used] if used < len(words) else ""
            opened[-1][1].append(Tree(_strip_mark(symbol, closed), (word,)))
            used += 1
    if used != len(words):
        raise _make_malformed_error(f"{used} parts of speech for {len(words)} words", symbols)
    if len(opened) > 1 or not opened[0][1]:
        raise _make_malformed_error("no constituent, or one that is not closed", symbols)
    return strip_wrapper(Tree("", tuple(opened[0][1])))


def try_delinearize(symbols: str, words: Sequence[str]) -> Tree | None:
    """Return what `delinearize` returns; None of symbols that are no tree over so many words.

    Example:
        >>> try_delinearize("NP DT NN", ["the", "dog"]) is None
        True
    """
    try:
        return delinearize(symbols, words)
    except UserError:
        return None


def count_words(symbols: str) -> int:
    """Return for how many words a sequence has parts of speech, whether it is a tree or not.

    Example:
        >>> count_words("NP DT NN /NP")
        2
    """
    sequence = symbols.split()
    closed = find_closed_labels(sequence)
    return sum(not is_closing(symbol) and symbol not in closed for symbol in sequence)


def _list_roots(tree: Tree) -> tuple[Tree, ...]:
    return (tree,) if tree.label or tree.is_tag else tuple(tree.branches())


def is_closing(symbol: str) -> bool:
    """Return whether a symbol closes a constituent."""
    return len(symbol) > 1 and symbol.startswith("/")


def find_closed_labels(symbols: Sequence[str]) -> frozenset[str]:
    """Return the labels that a sequence closes: those of its constituents."""
    return frozenset(symbol[1:] for symbol in symbols if is_closing(symbol))


def _check_label(label: str) -> str:
    is_mistakable = len(label) > 1 and label.startswith(("/", _MARK))
    if is_mistakable or label.split() != [label]:
        raise UserError(
            "A tree has a label that could not be told from another symbol",
            expected=f"no white space, and neither a slash nor {_MARK!r} at the beginning",
            received={"label": label},
        )
    return label


def _strip_mark(symbol: str, closed: frozenset[str]) -> str:
    """Return the tag that a symbol stands for."""
    tag = symbol.removeprefix(_MARK)
    return tag if tag in closed else symbol


def _make_malformed_error(what: str, symbols: str) -> UserError:
    return UserError(
        f"A sequence of symbols is no tree: {what}",
        expected="as many parts of speech as words, and each label closed, as NP DT NN /NP",
        received={"symbols": symbols},
    )
