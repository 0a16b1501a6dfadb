"""Linearised trees: what is written, and that nothing is lost."""

import random

import pytest

from t2t_mm.data.trees.linearization import count_words, delinearize, linearize, try_delinearize
from t2t_mm.data.trees.trees import Tree, read_trees, strip_wrapper
from t2t_mm.errors import UserError


def parse(text: str) -> Tree:
    [tree] = read_trees([text], "tree")
    return tree


@pytest.mark.parametrize(
    ("text", "symbols"),
    {
        "one of each": (
            "(S (NP (DT The) (NN rain)) (VP (VBZ falls)))",
            "S NP DT NN /NP VP VBZ /VP /S",
        ),
        "wrapper": ("(TOP (S (VP (VB Go)) (. !)))", "S VP VB /VP . /S"),
        "one word": ("(UH Yes)", "UH"),
        "several trees": ("( (NP (NN Rain)) (. .))", "NP NN /NP ."),
        "constituent over its like": ("(NP (NP (NN Rain)))", "NP NP NN /NP /NP"),
        "brackets and slashes": ("(NP (-LRB- -LRB-) (/ or))", "NP -LRB- / /NP"),
        "tag of a label": ("(X (X a) (X (Y b)))", "X =X X Y /X /X"),
        "tag of a label elsewhere": ("(S (Y (X a)) (X (Z b)))", "S Y =X /Y X Z /X /S"),
    }.values(),
)
def test_symbols_of_a_tree_and_back(text: str, symbols: str) -> None:
    tree = parse(text)
    assert linearize(tree) == symbols
    assert delinearize(symbols, tree.words()) == tree
    assert count_words(symbols) == len(tree.words())


def random_tree(rng: random.Random, labels: str, depth: int, words: str = "uvwxyz") -> Tree:
    """A tree whose tags and constituents have their labels in common."""
    label = rng.choice(labels)
    if depth == 0 or rng.random() < 0.35:
        return Tree(label, (rng.choice(words),))
    children = (random_tree(rng, labels, depth - 1, words) for _ in range(rng.randint(1, 3)))
    return Tree(label, tuple(children))


@pytest.mark.parametrize("labels", ["AB", "ABCDEF", "A/", "A=", "A"])
def test_nothing_is_lost_of_any_tree(labels: str) -> None:
    rng = random.Random(labels)
    ambiguous = 0
    for _ in range(2000):
        tree = random_tree(rng, labels, depth=rng.randint(0, 4))
        wrapped = Tree(rng.choice(["", "TOP", "ROOT"]), (tree,) * rng.randint(1, 2))
        symbols = linearize(wrapped)
        assert delinearize(symbols, wrapped.words()) == strip_wrapper(wrapped)
        assert try_delinearize(symbols, wrapped.words())
        ambiguous += any(len(symbol) > 1 and symbol.startswith("=") for symbol in symbols.split())
    assert ambiguous > 300  # the test is about these


def test_no_two_trees_have_the_same_symbols() -> None:
    rng = random.Random(7)
    trees = {random_tree(rng, "AB", depth=2, words="w") for _ in range(5000)}
    assert len(trees) > 500
    assert len({linearize(tree) for tree in trees}) == len(trees)


def test_what_is_accepted_is_what_linearize_writes() -> None:
    rng = random.Random(3)
    accepted = 0
    for _ in range(30_000):
        symbols = " ".join(rng.choices(["A", "B", "/A", "/B", "C"], k=rng.randint(1, 7)))
        if try_delinearize(symbols, [""] * count_words(symbols)):
            accepted += 1
            assert linearize(delinearize(symbols, ["w"] * count_words(symbols))) == symbols
    assert accepted > 1000


@pytest.mark.parametrize(
    ("symbols", "num_words", "what"),
    {
        "nothing": ("", 0, "no constituent"),
        "nothing for a word": (" ", 1, "0 parts of speech for 1 words"),
        "too few": ("NP DT NN /NP", 3, "2 parts of speech for 3 words"),
        "too many": ("NP DT NN /NP", 1, "2 parts of speech for 1 words"),
        "closed first": ("/NP NP NN", 1, "symbol 1 closes what is not open"),
        "crossing": ("S NP DT /S /NP", 1, "symbol 4 closes what is not open"),
        "closed twice": ("NP NN /NP /NP", 1, "symbol 4 closes what is not open"),
        "empty constituent": ("S NP /NP NN /S", 1, "symbol 3 closes an empty constituent"),
        "one of two not closed": ("NP NP NN /NP", 1, "not closed"),
        "never closed": ("S NP DT NN /NP", 2, "3 parts of speech for 2 words"),
    }.values(),
)
def test_what_is_no_tree(symbols: str, num_words: int, what: str) -> None:
    assert try_delinearize(symbols, [""] * num_words) is None
    with pytest.raises(UserError, match=what):
        delinearize(symbols, ["w"] * num_words)


@pytest.mark.parametrize("label", ["/NP", "=NN", "a b", "", " "])
@pytest.mark.parametrize("place", ["tag", "constituent"])
def test_labels_that_could_not_be_told_apart_are_refused(label: str, place: str) -> None:
    inner = Tree("NN", ("a",)) if place == "constituent" else "a"
    with pytest.raises(UserError, match=r"could not be told .*Received: label="):
        linearize(Tree("S", (Tree(label, (inner,)), Tree("NN", ("b",)))))


def test_depth_has_no_limit() -> None:
    depth = 20_000
    symbols = "NP " * depth + "NN" + " /NP" * depth
    assert linearize(delinearize(symbols, ["rain"])) == symbols
