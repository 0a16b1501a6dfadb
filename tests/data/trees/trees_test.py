"""Reading of bracketed text: what a tree keeps, what goes, and what is refused where."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from t2t_mm.data.trees.brackets import bracket_words
from t2t_mm.data.trees.tree_facts import split_words
from t2t_mm.data.trees.trees import Tree, read_trees, simplify_label, strip_wrapper
from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import collect_odd_items


def read(text: str) -> list[Tree]:
    return list(read_trees(text.splitlines(), "file.mrg"))


def bracketed(tree: Tree) -> str:
    inside = (child if isinstance(child, str) else bracketed(child) for child in tree.children)
    return f"({tree.label} {' '.join(inside)})"


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "blank label": ("( (S (UH Yes) (. .)) )", "(S (UH Yes) (. .))"),
        "no space": ("((S (UH Yes)))", "(S (UH Yes))"),
        "TOP": ("(TOP (S (UH Yes)))", "(S (UH Yes))"),
        "ROOT": ("(ROOT (S (UH Yes)))", "(S (UH Yes))"),
        "one wrapper in another": ("( (ROOT (S (UH Yes))))", "(S (UH Yes))"),
        "a word alone": ("( (UH Yes))", "(UH Yes)"),
        "several in one wrapper": ("( (S (UH Yes)) (. .))", "( (S (UH Yes)) (. .))"),
        "no wrapper": ("(NP (NN rain))", "(NP (NN rain))"),
        "function tags": (
            "(S (NP-SBJ-1 (PRP It)) (VP=2 (VBZ is)))",
            "(S (NP (PRP It)) (VP (VBZ is)))",
        ),
        "one of two labels": ("(ADVP|PRT (RB|RP away))", "(ADVP (RB away))"),
        "labels that are dashes": (
            "(NP (-LRB- -LRB-) (PRP$ its))",
            "(NP (-LRB- -LRB-) (PRP$ its))",
        ),
        "words with every other sign": ("(X (NN a-b=c|d\\/e))", "(X (NN a-b=c|d\\/e))"),
        "trace": ("(S (NP (NN x) (-NONE- *)) (VP (VB go)))", "(S (NP (NN x)) (VP (VB go)))"),
        "emptied constituents": (
            "(S (VP (VB go) (SBAR (-NONE- 0) (S (NP-SBJ (-NONE- *T*-1))))))",
            "(S (VP (VB go)))",
        ),
        "over several lines": ("( (S\n  (UH\n Yes)\n(. .) )\n)", "(S (UH Yes) (. .))"),
        "a bracket that follows its word closely": ("(S(UH Yes)(. .))", "(S (UH Yes) (. .))"),
    }.values(),
)
def test_one_tree(text: str, expected: str) -> None:
    assert [bracketed(tree) for tree in read(text)] == [expected]


def test_several_trees_on_one_line_and_blank_lines() -> None:
    trees = read("\n(UH Yes) ( (UH No))\n\n(NP (NN rain))\n")
    assert [bracketed(tree) for tree in trees] == ["(UH Yes)", "(UH No)", "(NP (NN rain))"]


def test_a_tree_of_nothing_but_traces_is_no_tree() -> None:
    assert read("( (S (NP (-NONE- *))) )\n(-NONE- 0)\n(UH Yes)") == [Tree("UH", ("Yes",))]


def test_an_empty_file_has_no_trees() -> None:
    assert read("") == []


@pytest.mark.parametrize(
    ("text", "line", "what"),
    {
        "never closed": ("(UH Yes)\n(S (UH Yes)\n(. .)", 2, "never closed"),
        "never closed in a long file": ("(UH Yes)\n(S\n" + "(UH No)\n" * 10_001, 2, "never closed"),
        "unclosed before another": ("( (S (UH Yes)\n( (S (UH No)) )", 2, "without label"),
        "closed too often": ("(UH Yes)\n(UH No))", 2, "closing bracket too many"),
        "closed first": (")", 1, "closing bracket too many"),
        "word outside": ("(UH Yes)\n\nstray (UH No)", 3, "word outside"),
        "word beside a constituent": ("(NP (DT a)\ndog)", 2, "more than one word under NP"),
        "word before a constituent": ("(NP dog\n(NN a))", 2, "more than one word under NP"),
        "two words": ("(NN a dog)", 1, "more than one word under NN"),
        "word beside a trace": ("(NN a (-NONE- 0))", 1, "more than one word under NN"),
        "nothing beside a constituent": ("((S (UH Yes))\n())", 2, "empty brackets"),
        "nothing within": ("(S ())", 1, "empty brackets"),
        "label only": ("(S\n(NP))", 2, "empty brackets"),
        "no label inside": ("(S\n((UH Yes)))", 2, "without label"),
    }.values(),
)
def test_a_malformed_tree_is_refused_with_file_and_line(text: str, line: int, what: str) -> None:
    with pytest.raises(UserError, match=rf"^file\.mrg, line {line}: .*{what}.* Expected: "):
        read(text)


def test_an_unclosed_tree_is_named_where_the_next_one_shows_it() -> None:
    with pytest.raises(UserError, match="the tree that begins in line 1 lacks a closing bracket"):
        read("( (S (UH Yes)\n( (UH No))")


def test_trees_come_before_the_rest_of_the_file_is_read() -> None:
    def lines() -> Iterator[str]:
        yield "( (S (UH Yes)"
        yield ") )"
        raise AssertionError("read on")

    assert next(read_trees(lines(), "file.mrg")).words() == ["Yes"]


def test_depth_has_no_limit() -> None:
    depth = 20_000
    [tree] = read("(NP " * depth + "(NN rain)" + ")" * depth)
    assert tree.words() == ["rain"]


def test_words_and_tags_from_left_to_right() -> None:
    [tree] = read("(S (NP (DT The) (NN rain)) (VP (VBZ falls)) (. .))")
    assert tree.words() == ["The", "rain", "falls", "."]
    assert [tag.label for tag in tree.tags()] == ["DT", "NN", "VBZ", "."]


@pytest.mark.parametrize(
    ("label", "plain"),
    [
        *(("NP-SBJ", "NP"), ("NP-SBJ-12", "NP"), ("SBAR=1", "SBAR"), ("PRT|ADVP", "PRT")),
        *(("-RRB-", "-RRB-"), ("-NONE-", "-NONE-"), ("WP$", "WP$"), ("``", "``")),
        *((":", ":"), ("=", "="), ("|", "|"), ("--", "--"), ("#", "#")),
    ],
)
def test_plain_label(label: str, plain: str) -> None:
    assert simplify_label(label) == plain


def test_without_wrapper_is_the_same_when_done_again() -> None:
    word = Tree("UH", ("Yes",))
    for first, second in itertools.product(("", "TOP", "ROOT", "S"), repeat=2):
        for children in ((word,), (word, word)):
            once = strip_wrapper(Tree(first, (Tree(second, children),)))
            assert strip_wrapper(once) == once
            assert once.label not in ("TOP", "ROOT")


@pytest.mark.real_data
def test_the_sample_of_the_penn_treebank() -> None:
    from t2t_mm.data.trees.linearization import delinearize, linearize
    from t2t_mm.problems.treebank_files import find_files_in_zip, read_tree_examples

    path = Path(os.environ["T2T_MM_REAL_DATA"], "nltk_treebank/treebank.zip")
    if not path.is_file():
        pytest.skip(f"no {path}")
    num_trees, num_words = 0, 0
    for example in read_tree_examples(find_files_in_zip(path)):
        words = example["inputs"].split(" ")
        assert linearize(delinearize(example["targets"], words)) == example["targets"]
        num_trees += 1
        num_words += len(words)
    assert (num_trees, num_words) == (3914, 94084)


@pytest.mark.parametrize("text", ["()", "(())", "( ( ) )", "(TOP ())", "(ROOT )", "( () ())"])
def test_an_empty_tree_is_left_out_and_those_around_it_stay(text: str) -> None:
    with collect_odd_items() as odd:
        trees = [*read_trees(["(UH Yes)", f"{text} (UH No)"], "file.mrg")]
    assert [tree.words() for tree in trees] == [["Yes"], ["No"]]
    assert odd == ["file.mrg, line 2: an empty tree"]


@pytest.mark.parametrize("space", ["\u00a0", "\u2028", "\x85", "\u2009", "\u3000", "\x1c"])
def test_only_white_space_of_ascii_parts_words(space: str) -> None:
    word = f"1{space}1/2"
    (tree,) = read_trees([f"(NP (CD {word})\t(NNS cups))"], "file.mrg")
    assert tree.words() == [word, "cups"] == split_words(" ".join(tree.words()))
    assert bracket_words("NP CD NNS /NP", split_words(f"{word} cups")) == (
        f"(NP (CD {word}) (NNS cups))",
        False,
    )
