"""Constituency trees as SVG, the words on one line below them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from t2t_mm.data.trees.trees import Tree
from t2t_mm.report.markup import Markup, make_drawing, make_element

_LEVEL_HEIGHT = 38.0  # pixels from a label to those below it
_LETTER_WIDTH = 7.2  # pixels, of the font in which labels and words are set
_GAP = 14.0  # pixels between two words at least
_MARGIN = 14.0

Bracket = tuple[str, int, int]  # label, first word, one past the last word


@dataclass(frozen=True)
class _Node:
    """A constituent or part of speech with its place on the page, in pixels."""

    bracket: Bracket
    is_tag: bool
    x: float
    depth: int
    children: tuple[_Node, ...]


def count_brackets(tree: Tree) -> Counter[Bracket]:
    """Return the labelled spans of a tree's constituents and parts of speech.

    Example:
        >>> sorted(count_brackets(Tree("NP", (Tree("DT", ("the",)), Tree("NN", ("dog",))))))
        [('DT', 0, 1), ('NN', 1, 2), ('NP', 0, 2)]
    """
    found: Counter[Bracket] = Counter()
    _place_node(tree, 0, 0, [0.0] * len(tree.words()), found)
    return found


def draw_tree(tree: Tree, other: Tree | None, description: str) -> Markup:
    """Draw a tree; what `other` does not have is marked.

    Args:
        tree: The tree.
        other: The tree it is compared with; None marks nothing.
        description: What the drawing shows, for those who do not see it.

    Returns:
        An <svg> of the size that its words need; constituents not in `other` have the class
        "wrong" and a box, so that colour is not all that tells them.
    """
    words = tree.words()
    positions, width = _place_words(tree, words)
    root = _place_node(tree, 0, 0, positions, Counter())
    surplus = count_brackets(tree) - count_brackets(other) if other else Counter[Bracket]()
    base = _MARGIN + (_find_depth(root) + 1) * _LEVEL_HEIGHT
    height = base + _MARGIN
    parts: list[Markup] = []
    _draw_node(root, base, surplus, parts)
    parts += [
        make_element("text", word, x=x, y=base, class_="word")
        for word, x in zip(words, positions, strict=True)
    ]
    size = (width, height)
    return make_drawing("tree", parts, size, description, width=width, height=height)


def _place_words(tree: Tree, words: list[str]) -> tuple[list[float], float]:
    """Return the middle of each word and the width of all, in pixels."""
    positions, edge = [], _MARGIN
    for word, tag in zip(words, tree.tags(), strict=True):
        width = _LETTER_WIDTH * max(len(word), len(tag.label)) + _GAP
        positions.append(edge + width / 2)
        edge += width
    return positions, max(edge + _MARGIN, 60.0)


def _place_node(
    tree: Tree, first: int, depth: int, positions: list[float], found: Counter[Bracket]
) -> _Node:
    """Place a tree whose first word is number `first`; count its brackets into `found`."""
    children: list[_Node] = []
    end = first
    for branch in tree.branches():
        children.append(_place_node(branch, end, depth + 1, positions, found))
        end = children[-1].bracket[2]
    end = end if children else first + 1
    x = (children[0].x + children[-1].x) / 2 if children else positions[first]
    bracket = (tree.label, first, end)
    found[bracket] += 1
    return _Node(bracket, tree.is_tag, x, depth, tuple(children))


def _find_depth(node: _Node) -> int:
    return max((_find_depth(child) for child in node.children), default=node.depth)


def _draw_node(node: _Node, base: float, surplus: Counter[Bracket], parts: list[Markup]) -> None:
    """Add the lines and labels of a node and all below it; tags stand right above their words."""
    y = _compute_y(node, base)
    for child in node.children:
        parts.append(
            make_element("line", x1=node.x, y1=y + 5, x2=child.x, y2=_compute_y(child, base) - 13)
        )
    for child in node.children:
        _draw_node(child, base, surplus, parts)
    label = node.bracket[0] or "\N{BULLET}"
    is_wrong = surplus[node.bracket] > 0
    surplus[node.bracket] -= is_wrong
    if is_wrong:
        width = _LETTER_WIDTH * len(label) + 8
        parts.append(
            make_element("rect", x=node.x - width / 2, y=y - 13, width=width, height=18, rx=4)
        )
    kind = ("tag" if node.is_tag else "label") + " wrong" * is_wrong
    parts.append(make_element("text", label, x=node.x, y=y, class_=kind))


def _compute_y(node: _Node, base: float) -> float:
    return base - 20 if node.is_tag else _MARGIN + node.depth * _LEVEL_HEIGHT
