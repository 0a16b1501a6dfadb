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
from t2t_mm.problems.miniature.world import draw_distinct_examples
from t2t_mm.registry import register_problem


@register_problem("mini_parse")
class MiniParse(Problem):
    """Parses English sentences of the miniature: text to a linearised constituency tree.

    The trees come from the grammar that makes the sentences, with the labels of the Penn Treebank.
    They are few on purpose, as trees are in the world: 1,000 sentences give each word and each rule
    only now and then, so that what other problems teach about English shows. Sentences are written
    as in the other problems of the miniature; `split_into_words` gives the words of a tree.

    Class attributes:
        seed: Another seed gives other examples of the same world.
        num_examples: Number of trees by split.

    Example:
        >>> row = next(iter(MiniParse().generate("train")))
        >>> row["inputs"]
        'The two moons are below the white flag.'
        >>> row["targets"]
        'S NP DT CD NNS /NP VP VBP PP IN NP DT JJ NN /NP /PP /VP . /S'
    """

    modalities: ClassVar = {"inputs": Language(), "targets": Language()}
    seed: ClassVar[int] = 0
    num_examples: ClassVar = {"train": 1000, "validation": 300, "test": 500}
    command = "parse"
    metrics = ("brackets",)
    licence = "none needed: made by this package"
    size = "1,800 trees, 0.6 MB"

    def generate(self, split: str) -> Iterator[dict[str, str]]:
        """Yield {"inputs": sentence, "targets": symbols}; no sentence comes twice."""
        examples = draw_distinct_examples(split, stream="parse", seed=self.seed)
        for one in islice(examples, self.num_examples[split]):
            symbols = linearize(_convert_tree(english.build_tree(one.sentence)))
            yield {"inputs": one.english, "targets": symbols}


def split_into_words(sentence: str) -> list[str]:
    """Split an English sentence of the miniature into words, one per part of speech.

    Example:
        >>> split_into_words("The star is red, and it is big.")
        ['The', 'star', 'is', 'red', ',', 'and', 'it', 'is', 'big', '.']
    """
    return sentence.replace(",", " ,").replace(".", " .").split()


def _convert_tree(node: english.Tree) -> Tree:
    label, children = node
    return Tree(
        label,
        tuple(child if isinstance(child, str) else _convert_tree(child) for child in children),
    )
