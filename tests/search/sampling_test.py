"""Samples against known probabilities, and what their noise depends on."""

import numpy as np
import pytest
from chain_model import LIMIT, NUM_SYMBOLS, Chain

from t2t_mm.search.sampling import Sampling, SamplingOptions, draw_symbols

BATCH = {"inputs": np.array([[1], [2], [3]], np.int32)}
SETTINGS = {"command_index": 0, "extra_length": LIMIT - 1}
LOGITS = np.log(np.array([[0.05, 0.4, 0.1, 0.3, 0.15]], np.float32))


def draw(noise, **settings):
    logits = np.repeat(LOGITS, len(noise), axis=0)
    return np.asarray(draw_symbols(logits, np.array(noise, np.float32), **settings)).tolist()


def test_the_noise_runs_through_the_symbols_from_the_most_probable_on():
    assert draw([0.0, 0.39, 0.41, 0.69, 0.71, 0.84, 0.86, 0.94, 0.96, 0.9999999]) == [
        *(1, 1, 3, 3, 4, 4, 2, 2, 0, 0)
    ]


def test_of_the_most_probable_only_so_many_are_drawn_in_their_proportions():
    assert draw([0.0, 0.56, 0.58, 0.9999999], top_k=2) == [1, 1, 3, 3]
    assert draw([0.0, 0.9999999], top_k=1) == [1, 1]
    assert draw([0.9999999], top_k=99) == [0]


def test_the_fewest_symbols_that_have_the_probability_are_drawn_from():
    assert draw([0.0, 0.56, 0.58, 0.9999999], top_p=0.5) == [1, 1, 3, 3]
    assert draw([0.0, 0.9999999], top_p=1e-9) == [1, 1]


def test_what_is_forbidden_is_not_drawn_even_by_the_largest_noise():
    logits = np.array([[0.0, -np.inf, -np.inf]], np.float32)
    assert draw_symbols(logits, np.array([np.float32(1 - 2**-24)])).numpy().tolist() == [0]


def test_no_rounding_takes_the_largest_noise_out_of_the_fewest_symbols():
    logits = np.random.default_rng(0).normal(0, 2, (500, 100)).astype(np.float32)
    noise = np.full(len(logits), np.float32(1 - 2**-24))
    drawn = np.asarray(draw_symbols(logits, noise, top_p=0.9))[:, None]
    probabilities = np.exp(logits.astype(np.float64))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    is_before = logits > np.take_along_axis(logits, drawn, axis=1)
    before = np.sum(probabilities, axis=1, where=is_before)
    assert np.all(before < 0.9 + 1e-6)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_symbols_come_as_often_as_they_are_probable(temperature):
    number = 4000
    chain = Chain()
    search = Sampling(chain, "", "", number, SamplingOptions(temperature=temperature))
    found = search(BATCH, **SETTINGS, seed=3)
    for row, outputs in enumerate(found.ids, start=1):
        table = chain.probabilities(row) ** (1 / temperature)
        table /= table.sum(axis=1, keepdims=True)
        before = np.concatenate([np.zeros((number, 1), int), outputs[:, :-1]], axis=1)
        for previous in (0, 2, 3, 4):
            places = (before == previous) & (np.arange(LIMIT) == 0 if previous == 0 else True)
            counts = np.bincount(outputs[places], minlength=NUM_SYMBOLS)
            error = np.sqrt(table[previous] * (1 - table[previous]) * counts.sum()) + 1
            assert np.all(np.abs(counts - counts.sum() * table[previous]) < 4.5 * error)


def test_a_sample_has_the_log_probability_of_its_symbols():
    chain = Chain()
    found = Sampling(chain, "", "", 8, SamplingOptions(temperature=2.0))(BATCH, **SETTINGS)
    for number, outputs, logs in zip((1, 2, 3), found.ids, found.log_probabilities, strict=True):
        known = chain.list_outputs(number)
        expected = [known[tuple(int(symbol) for symbol in row if symbol)] for row in outputs]
        np.testing.assert_allclose(logs, expected, rtol=1e-5)


def test_a_sample_depends_on_seed_and_place_and_not_on_its_batch():
    chain = Chain()
    search = Sampling(chain, "", "", 20)
    whole = search(BATCH, **SETTINGS, places=[7, 8, 9], seed=1).ids
    alone = search({"inputs": BATCH["inputs"][1:2]}, **SETTINGS, places=[8], seed=1).ids
    np.testing.assert_array_equal(alone[0], whole[1][:, : alone.shape[2]])
    assert not np.array_equal(search(BATCH, **SETTINGS, places=[8, 7, 9], seed=1).ids[0], whole[0])
    other = search(BATCH, **SETTINGS, places=[7, 8, 9], seed=2).ids
    assert not np.array_equal(other[0], whole[0])
