import numpy as np
import pytest
from chain_model import Chain

from t2t_mm.data.vocabulary.vocabulary import ByteVocabulary
from t2t_mm.errors import UserError
from t2t_mm.search.beam_search import BeamSearch
from t2t_mm.search.greedy_search import GreedySearch
from t2t_mm.search.prefix_tree import OneOf, PrefixTree
from t2t_mm.search.sampling import Sampling

BATCH = {"inputs": np.array([[1], [2]], np.int32)}
SETTINGS = {"command_index": 0, "extra_length": 0}


class Digits(ByteVocabulary):
    """The symbols of the chain: "2" is 2."""

    def encode(self, text):
        return [int(letter) for letter in text]


def test_trees_of_one_numbering_have_roots_of_their_own():
    tree = PrefixTree()
    tree.add([5, 6])
    root = tree.add_root()
    end = tree.add([5], root)
    assert (root, end, tree.num_nodes) == (3, 4, 5)
    assert tree.follow(np.array([0, 3, 1, 2]), np.array([5, 5, 6, 6])).numpy().tolist() == [
        1,
        4,
        2,
        0,
    ]


def test_no_answer_is_an_error():
    with pytest.raises(UserError, match="no answer"):
        OneOf([], ByteVocabulary())


@pytest.mark.parametrize("seed", range(3))
def test_the_best_answer_is_found_among_all_and_no_other(seed):
    chain, answers = Chain(seed), ["2", "23", "34", "4", "322"]
    rule = OneOf(answers, Digits())
    found = BeamSearch(chain, "", "", 5, alpha=0.0, constraint=rule)(BATCH, **SETTINGS)
    for number, rows, logs in zip((1, 2), found.ids, found.log_probabilities, strict=True):
        known = chain.list_outputs(number)
        texts = ["".join(str(symbol) for symbol in row if symbol > 1) for row in rows]
        assert sorted(texts) == sorted(answers)
        expected = [known[(*map(int, text), 1)] for text in texts]
        np.testing.assert_allclose(logs, expected, rtol=1e-5)
        assert np.all(np.diff(logs) <= 0)


def test_greedy_search_and_samples_give_answers_that_are_longer_than_the_limit():
    rule = OneOf(["44444444", "3333333"], Digits())
    for search in (
        GreedySearch(Chain(), "", "", constraint=rule),
        Sampling(Chain(), "", "", 9, constraint=rule),
    ):
        for row in search(BATCH, **SETTINGS).ids.reshape(-1, 9).tolist():
            assert row in ([4] * 8 + [1], [3] * 7 + [1, 0])


def test_a_word_that_goes_on_is_another_answer():
    rule = OneOf(["no", "not"], ByteVocabulary())
    _, memory = rule.start({}, np.array([5]))
    for symbol in ByteVocabulary().encode("no"):
        memory = rule.advance(memory, np.array([symbol]))
    allowed = np.flatnonzero(np.array(rule.allow(memory, None, 259))[0]).tolist()
    assert allowed == [1, *ByteVocabulary().encode("t")]
