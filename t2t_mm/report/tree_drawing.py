"""Constituency trees for a page: as SVG, and as an outline that fits a phone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from t2t_mm.data.trees.trees import Tree
from t2t_mm.report.markup import Markup, make_drawing, make_element

_LEVEL_HEIGHT = 38.0  # pixels from a label to those below it
_WORD_DROP = 16.0  # pixels from a part of speech to its word
_LETTER_WIDTH = 7.2  # pixels, of the font in which labels and words are set
_GAP = 14.0  # pixels between two words at least
_MARGIN = 14.0

Bracket = tuple[str, int, int]  # label, first word, one past the last word


@dataclass(frozen=True)
class _Node:
    """A constituent, or a part of speech with its word; `width` in pixels, of all below it too."""

    bracket: Bracket
    word: str
    width: float
    children: tuple[_Node, ...]

    @property
    def label(self) -> str:
        """What stands on the page; several roots hang on a dot."""
        return self.bracket[0] or "\N{BULLET}"

    @property
    def kind(self) -> str:
        """Its class on the page."""
        return "label" if self.children else "tag"


def count_brackets(tree: Tree) -> Counter[Bracket]:
    """Return the labelled spans of a tree's constituents and parts of speech.

    Example:
        >>> sorted(count_brackets(Tree("NP", (Tree("DT", ("the",)), Tree("NN", ("dog",))))))
        [('DT', 0, 1), ('NN', 1, 2), ('NP', 0, 2)]
    """
    found: Counter[Bracket] = Counter()
    _measure_node(tree, 0, found)
    return found


def draw_tree(tree: Tree, other: Tree | None, description: str) -> Markup:
    """Draw a tree, everything one level below its parent; what `other` does not have is marked.

    Args:
        tree: The tree.
        other: The tree it is compared with; None marks nothing.
        description: What the drawing shows, for those who do not see it.

    Returns:
        An <svg> as wide as `measure_tree` says; what is not in `other` has the class "wrong" and a
        box, so that colour is not all that tells it.
    """
    parts: list[Markup] = []
    root = _measure_node(tree, 0, Counter())
    _draw_node(root, _MARGIN, _MARGIN, _find_surplus(tree, other), parts)
    size = (measure_tree(tree), 2 * _MARGIN + _find_depth(root) * _LEVEL_HEIGHT + _WORD_DROP)
    return make_drawing("tree", parts, size, description, width=size[0], height=size[1])


def measure_tree(tree: Tree) -> float:
    """Return how wide a drawn tree is, in pixels."""
    return max(_measure_node(tree, 0, Counter()).width + 2 * _MARGIN, 60.0)


def outline_tree(tree: Tree, other: Tree | None) -> Markup:
    """Write a tree as boxes within boxes, whose lines break: it fits where no drawing does.

    Args:
        tree: The tree.
        other: As of `draw_tree`, with the same marks.

    Example:
        >>> outline_tree(Tree("NP", (Tree("NN", ("dogs",)),)), None)
        '<div class="label"><b>NP</b> <span class="tag"><b>NN</b> <i>dogs</i></span> </div>'
    """
    return _outline_node(_measure_node(tree, 0, Counter()), _find_surplus(tree, other))


def _find_surplus(tree: Tree, other: Tree | None) -> Counter[Bracket]:
    return count_brackets(tree) - count_brackets(other) if other else Counter()


def _take_from(surplus: Counter[Bracket], node: _Node) -> str:
    """Return " wrong" for as many of a bracket as are in `surplus`, which then has one less."""
    is_wrong = surplus[node.bracket] > 0
    surplus[node.bracket] -= is_wrong
    return " wrong" * is_wrong


def _measure_node(tree: Tree, first: int, found: Counter[Bracket]) -> _Node:
    """Measure a tree whose first word is number `first`; count its brackets into `found`."""
    children: list[_Node] = []
    end = first
    for branch in tree.branches():
        children.append(_measure_node(branch, end, found))
        end = children[-1].bracket[2]
    word = "" if children else str(tree.children[0])
    own = _LETTER_WIDTH * max(len(tree.label), len(word)) + _GAP
    bracket = (tree.label, first, end if children else first + 1)
    found[bracket] += 1
    return _Node(bracket, word, max(own, sum(child.width for child in children)), tuple(children))


def _find_depth(node: _Node) -> int:
    return max((1 + _find_depth(child) for child in node.children), default=0)


def _draw_node(
    node: _Node, left: float, y: float, surplus: Counter[Bracket], parts: list[Markup]
) -> float:
    """Add the lines and labels of a node and all below it; return the middle of its label."""
    kind = node.kind + _take_from(surplus, node)
    edge = left + (node.width - sum(child.width for child in node.children)) / 2
    middles = []
    for child in node.children:
        middles.append(_draw_node(child, edge, y + _LEVEL_HEIGHT, surplus, parts))
        edge += child.width
    width = _LETTER_WIDTH * len(node.label) + 8
    x = (middles[0] + middles[-1]) / 2 if middles else left + node.width / 2
    x = min(max(x, left + width / 2), left + node.width - width / 2)
    parts += [
        make_element("line", x1=x, y1=y + 5, x2=middle, y2=y + _LEVEL_HEIGHT - 13)
        for middle in middles
    ]
    if "wrong" in kind:
        parts.append(make_element("rect", x=x - width / 2, y=y - 13, width=width, height=18, rx=4))
    parts.append(make_element("text", node.label, x=x, y=y, class_=kind))
    if node.word:
        parts.append(make_element("text", node.word, x=x, y=y + _WORD_DROP, class_="word"))
    return x


def _outline_node(node: _Node, surplus: Counter[Bracket]) -> Markup:
    kind = node.kind + _take_from(surplus, node)
    parts: list[str] = []
    if node.label != node.word:  # a comma is its own part of speech
        parts += [make_element("b", node.label), " "]
    if node.word:
        parts.append(make_element("i", node.word))
    for child in node.children:
        parts += [_outline_node(child, surplus), " "]
    return make_element("div" if node.children else "span", *parts, class_=kind)
