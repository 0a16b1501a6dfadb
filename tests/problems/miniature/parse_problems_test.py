"""mini_parse: few trees, lossless, with the labels of the Penn Treebank."""

from typing import ClassVar

import pytest

from t2t_mm import registry
from t2t_mm.data.trees.linearization import delinearize, linearize
from t2t_mm.problems.miniature.parse_problems import MiniParse, split_into_words
from t2t_mm.problems.miniature.plan import (
    Contrast,
    Location,
    NounPhrase,
    Presentation,
    Relation,
    Sentence,
    Side,
    Statement,
)

CONSTITUENTS = {"S", "SINV", "SBAR", "NP", "VP", "PP", "ADJP", "ADVP", "WHNP", "UCP"}
TAGS = {
    *("DT", "CD", "JJ", "JJR", "NN", "NNS", "PRP", "EX", "WDT", "IN", "TO", "CC", "RB"),
    *("VB", "VBZ", "VBP", "VBN", ",", "."),
}


class Small(MiniParse):
    num_examples: ClassVar = {"train": 400, "validation": 50, "test": 100}


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, str]]]:
    problem = Small(name="small")
    return {split: list(problem.generate(split)) for split in problem.splits}


def test_what_it_declares() -> None:
    problem = registry.problem("mini_parse")
    assert problem.command_name == "parse"
    assert problem.metrics == ("brackets",)
    assert {spec.share_key for spec in problem.features.values()} == {"language:shared"}


def test_trees_are_few_and_sentences_never_come_twice(
    rows: dict[str, list[dict[str, str]]],
) -> None:
    assert {split: len(some) for split, some in rows.items()} == {
        "train": 400,
        "validation": 50,
        "test": 100,
    }
    assert MiniParse.num_examples == {"train": 1000, "validation": 300, "test": 500}
    sentences = [row["inputs"] for some in rows.values() for row in some]
    assert len(set(sentences)) == 550


def test_every_tree_has_its_sentences_words_and_known_labels(
    rows: dict[str, list[dict[str, str]]],
) -> None:
    seen = set()
    for row in (row for some in rows.values() for row in some):
        tree = delinearize(row["targets"], split_into_words(row["inputs"]))
        assert linearize(tree) == row["targets"]
        assert tree.words()[-1] == "."
        tags = {tag.label for tag in tree.tags()}
        assert tags <= TAGS
        seen |= tags | set(row["targets"].split())
    assert seen - TAGS <= CONSTITUENTS | {f"/{label}" for label in CONSTITUENTS}
    assert seen >= TAGS | CONSTITUENTS - {"UCP"}  # which is rare


def test_training_teaches_every_symbol_of_the_test_but_rare_ones(
    rows: dict[str, list[dict[str, str]]],
) -> None:
    def symbols(split: str) -> set[str]:
        return {symbol for row in rows[split] for symbol in row["targets"].split()}

    assert symbols("test") - symbols("train") <= {"UCP", "/UCP"}


def tree_of(sentence: Sentence) -> str:
    from t2t_mm.problems.miniature import english
    from t2t_mm.problems.miniature.parse_problems import _convert_tree

    return linearize(_convert_tree(english.build_tree(sentence)))


def test_labels_that_depend_on_more_than_one_word() -> None:
    star = NounPhrase("star", False, "the")
    house = NounPhrase("house", False, "the")
    above, beside = Relation("above", house), Relation("next", house)
    assert tree_of(Sentence(Presentation(above, star))) == (
        "SINV PP IN NP DT NN /NP /PP VP VBZ /VP NP DT NN /NP . /SINV"
    )
    place = "PP IN NP DT NN /NP /PP"
    neighbour = "ADVP JJ PP TO NP DT NN /NP /PP /ADVP"
    both = Statement(star, (Location((above, beside)),))
    assert tree_of(Sentence(both)) == (
        f"S NP DT NN /NP VP VBZ UCP {place} CC {neighbour} /UCP /VP . /S"
    )
    alike = Statement(star, (Location((above, Side("left"))),))
    assert tree_of(Sentence(alike)) == f"S NP DT NN /NP VP VBZ PP {place} CC {place} /PP /VP . /S"
    contrast = Contrast(Location((above,)), Location((beside,)))
    assert tree_of(Sentence(Statement(star, (contrast,)))) == (
        f"S NP DT NN /NP VP VBZ UCP RB {place} CC {neighbour} /UCP /VP . /S"
    )
