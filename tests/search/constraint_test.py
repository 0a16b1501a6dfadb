"""What may not be repeated, and several rules at once."""

from functools import partial

import numpy as np
import pytest
from chain_model import Chain

from t2t_mm.search.beam_search import BeamSearch
from t2t_mm.search.constraint import AllOf, NoRepeat, mark_symbols
from t2t_mm.search.greedy_search import GreedySearch
from t2t_mm.search.sampling import Sampling
from t2t_mm.search.search_state import SearchState

BATCH = {"inputs": np.array([[1], [5]], np.int32)}


def allowed(length, rows, position):
    ids = np.zeros((8, len(rows)), np.int32)
    for row, symbols in enumerate(rows):
        ids[: len(symbols), row] = symbols
    state = SearchState(ids, position, None, None, None, None)
    return [
        np.flatnonzero(~row).tolist() for row in np.array(NoRepeat(length).allow((), state, 10))
    ]


def test_what_would_complete_a_sequence_again_is_forbidden():
    rows = [[5, 6, 7, 5, 6], [5, 5, 5, 5, 5], [1, 2, 3, 4, 5]]
    assert allowed(3, rows, 5) == [[7], [5], []]
    assert allowed(1, rows, 5) == [[5, 6, 7], [5], [1, 2, 3, 4, 5]]
    assert allowed(2, rows, 5) == [[7], [5], []]
    assert allowed(2, rows, 1) == [[], [], []]
    assert allowed(2, [[5, 5]], 2) == [[5]]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_search_that_would_go_round_in_circles_does_not(length):
    def repeats(row):
        parts = [tuple(row[start : start + length]) for start in range(len(row) - length + 1)]
        return len(parts) != len(set(parts))

    settings = {"command_index": 0, "extra_length": 40}
    free = GreedySearch(Chain(), "", "")(BATCH, **settings).ids[:, 0]
    assert any(repeats(row[row > 0]) for row in free)
    for search in (
        GreedySearch(Chain(), "", "", constraint=NoRepeat(length)),
        BeamSearch(Chain(), "", "", 3, constraint=NoRepeat(length)),
    ):
        found = search(BATCH, **settings)
        assert not any(repeats(row[row > 0]) for row in found.ids.reshape(-1, found.ids.shape[2]))


@pytest.mark.parametrize("way", [GreedySearch, Sampling, partial(BeamSearch, beam_size=1)])
def test_a_row_that_may_write_nothing_more_has_ended(way):
    rule = AllOf(Only(2, 3), NoRepeat(1))
    found = way(Chain(), "", "", constraint=rule)(BATCH, command_index=0, extra_length=40)
    for row in found.ids[:, 0].tolist():
        assert row in ([2, 3, 0], [3, 2, 0])


def test_hypotheses_of_a_beam_that_may_write_nothing_more_are_scored_as_they_are():
    rule = AllOf(Only(2, 3), NoRepeat(1))
    search = BeamSearch(Chain(), "", "", 3, constraint=rule)
    found = search(BATCH, command_index=0, extra_length=40)
    for number, ids, logs, scores in zip(
        (1, 5), found.ids, found.log_probabilities, found.scores, strict=True
    ):
        chances = np.log(Chain().probabilities(number))
        expected = {row: chances[0, row[0]] + chances[row] for row in ((2, 3), (3, 2))}
        best = sorted(expected, key=lambda row: -expected[row])
        assert [tuple(row[row > 0]) for row in ids[:2]] == best
        np.testing.assert_allclose(logs, [*(expected[row] for row in best), -np.inf], rtol=1e-5)
        np.testing.assert_allclose(scores, logs / (7 / 6) ** 0.6, rtol=1e-5)


def test_a_beam_in_which_nothing_is_allowed_at_all_finds_an_empty_output():
    found = BeamSearch(Chain(), "", "", 2, constraint=Only())(
        BATCH, command_index=0, extra_length=4
    )
    assert not found.ids.any() and found.log_probabilities.tolist() == [[0, -np.inf]] * 2


class Only:
    """Allows some symbols; every row remembers how many it has written."""

    def __init__(self, *symbols, fields=(), more=0):
        self.symbols, self.fields, self.more = symbols, fields, more

    def describe_inputs(self, batch):
        return {name: np.zeros(len(batch["inputs"])) for name in self.fields}

    def start(self, inputs, limits):
        return limits + self.more, 0 * limits[None]

    def allow(self, memory, state, num_symbols):
        return np.isin(np.arange(num_symbols), self.symbols)[None]

    def advance(self, memory, chosen):
        return memory + 1


def test_several_rules_hold_together():
    both = AllOf(Only(1, 2, 3, fields=["a"], more=2), Only(2, 3, 4, fields=["b"]))
    assert sorted(both.describe_inputs(BATCH)) == ["a", "b"]
    limits, memory = both.start({}, np.array([1, 5]))
    assert limits.tolist() == [3, 7]
    assert np.array(both.allow(memory, None, 6)).tolist() == [
        [False, False, True, True, False, False]
    ]
    assert [part.tolist() for part in both.advance(memory, None)] == [[[1, 1]], [[1, 1]]]


def test_marks_are_of_their_own_row():
    symbols, is_marked = (
        np.array([[1, 1], [2, 0]], np.int32),
        np.array([[True, False], [True, True]]),
    )
    marked = np.array(mark_symbols(symbols, is_marked, 4))
    assert [np.flatnonzero(row).tolist() for row in marked] == [[1, 2], [0]]
