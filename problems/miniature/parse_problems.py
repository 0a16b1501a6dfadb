"""mini_parse: English sentences of the miniature and their constituency trees."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.trees.linearization import linearize
from t2t_mm.data.trees.trees import Tree
from t2t_mm.features import Language
from t2t_mm.problems.miniature import english
from t2t_mm.problems.miniature.world import distinct_examples
from t2t_mm.registry import register_problem


@register_problem("mini_parse")
class MiniParse(Problem):
    """Parses English sentences of the miniature: text to a linearised constituency tree.

    The trees come from the grammar that makes the sentences, with the labels of the Penn Treebank.
    They are few on purpose, as trees are in the world: 1,000 sentences give each word and each rule
    only now and then, so that what other problems teach about English shows. Sentences are written
    as in the other problems of the miniature; `sentence_words` gives the words of a tree.

    Class attributes:
        seed: Another seed gives other examples of the same world.
        num_examples: Number of trees by split.

    Example:
        >>> next(iter(MiniParse().generate("test")))["targets"]
        'S NP DT NN /NP VP VBZ ADJP JJ /ADJP /VP . /S'
    """

    modalities: ClassVar = {"inputs": Language(), "targets": Language()}
    seed: ClassVar[int] = 0
    num_examples: ClassVar = {"train": 1000, "validation": 300, "test": 500}
    command = "parse"
    metrics = ("brackets",)
    source_modules = (
        "t2t_mm.problems.miniature",
        "t2t_mm.data.trees.trees",
        "t2t_mm.data.trees.linearization",
    )
    licence = "none needed: made by this package"
    size = "1,800 trees, 0.3 MB"

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        """Yield {"inputs": sentence, "targets": symbols}; no sentence comes twice."""
        examples = distinct_examples(split, stream="parse", seed=self.seed)
        for one in islice(examples, self.num_examples[split]):
            symbols = linearize(_tree(english.tree(one.sentence)))
            yield {"inputs": one.english, "targets": symbols}


def sentence_words(sentence: str) -> list[str]:
    """Return the words of an English sentence of the miniature, one per part of speech.

    Example:
        >>> sentence_words("The star is red, and it is big.")
        ['The', 'star', 'is', 'red', ',', 'and', 'it', 'is', 'big', '.']
    """
    return sentence.replace(",", " ,").replace(".", " .").split()


def _tree(node: english.Tree) -> Tree:
    label, children = node
    return Tree(
        label, tuple(child if isinstance(child, str) else _tree(child) for child in children)
    )
