"""Brackets are balanced and hold just the words, whatever symbols a model gives."""

import random

import pytest

from t2t_mm.data.trees.brackets import bracket_words, find_attached_punctuation, write_brackets
from t2t_mm.data.trees.linearization import linearize
from t2t_mm.data.trees.trees import read_trees

SENTENCE = "(S (NP (DT The) (NN dog)) (VP (VBZ barks)) (. .))"
WORDS = ["The", "dog", "barks", "."]


def test_a_tree_comes_back_as_it_was_written() -> None:
    (tree,) = read_trees([f"( {SENTENCE} )"], "x.mrg")
    assert write_brackets(tree) == SENTENCE
    assert bracket_words(linearize(tree), WORDS) == (SENTENCE, False)


@pytest.mark.parametrize(
    ("symbols", "brackets"),
    [
        ("S NP DT NN /NP VP VBZ . /S /VP", "(S (NP (DT The) (NN dog)) (VP (VBZ barks) (. .)))"),
        ("S NP DT NN /NP VP VBZ . /VP", "( (S The) (NP (DT dog) (NN barks)) (VP (VBZ .)))"),
        ("S NP DT NN /NP NN /PP /S", "(S (NP (DT The) (NN dog)) (NN barks) (XX .))"),
        ("S NP /NP DT NN VBZ . JJ JJ /S", "(S (DT The) (NN dog) (VBZ barks) (. .))"),
        ("NP NP DT /NP NN VBZ .", "(NP (NP (DT The)) (NN dog) (VBZ barks) (. .))"),
        ("", "( (XX The) (XX dog) (XX barks) (XX .))"),
    ],
)
def test_what_is_no_tree_is_mended(symbols: str, brackets: str) -> None:
    assert bracket_words(symbols, WORDS) == (brackets, True)


def test_any_symbols_give_balanced_brackets_around_the_words() -> None:
    draw = random.Random(0)
    for _ in range(2000):
        symbols = " ".join(draw.choices(["S", "/S", "NP", "/NP", "DT", "NN", "=NN", "/"], k=8))
        words = WORDS[: draw.randint(1, 4)]
        written, _ = bracket_words(symbols, words)
        assert written.count("(") == written.count(")")
        (tree,) = read_trees([written], symbols)
        assert tree.words() == words


@pytest.mark.parametrize(("num_closed", "is_mended"), [(5_000, False), (1, True)])
def test_a_nest_of_any_depth_is_written(num_closed: int, is_mended: bool) -> None:
    symbols = " ".join([*["NP"] * 5_000, "DT", *["/NP"] * num_closed])
    expected = "(NP " * 5_000 + "(DT The)" + ")" * 5_000
    assert bracket_words(symbols, ["The"]) == (expected, is_mended)


def test_parentheses_in_words_stay_apart_from_those_of_the_tree() -> None:
    words = ["He", "(", "Bob)", ":)"]
    for symbols, is_mended in (("S PRP -LRB- NN : /S", False), ("S PRP", True)):
        written, mended = bracket_words(symbols, words)
        (tree,) = read_trees([written], symbols)
        assert mended == is_mended and tree.words() == ["He", "-LRB-", "Bob-RRB-", ":-RRB-"]


def test_without_words_there_is_nothing_to_bracket() -> None:
    assert bracket_words("S NP /NP /S", []) == ("", True)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("The dog barks.", "barks."),
        ("The dog, it barks .", "dog,"),
        ("It doesn't bark .", "doesn't"),
        ("The dog barks .", ""),
        ("Mr. Fox of the U.S. met J. P. Morgan & Co. .", ""),
        ("A 1,000.5 % rise , he said , -LRB- so -RRB- .", ""),
        ("", ""),
    ],
)
def test_words_with_punctuation_are_noticed(text: str, word: str) -> None:
    assert find_attached_punctuation(text) == word
