"""Beam search against all outputs that there are, greedy search and teacher forcing."""

import keras
import numpy as np
import pytest
from chain_model import LIMIT, Chain
from small_model import TEXT, ids, make_talkative_model

from t2t_mm.search.beam_search import BeamSearch
from t2t_mm.search.greedy_search import GreedySearch

BATCH = {"inputs": np.array([[1], [2], [3]], np.int32)}
SETTINGS = {"command_index": 0, "extra_length": LIMIT - 1}


def rank(chain, number, alpha):
    """All outputs, the best first, with their scores."""
    outputs = chain.list_outputs(number)
    scores = {output: log / ((5 + len(output)) / 6) ** alpha for output, log in outputs.items()}
    return sorted(scores.items(), key=lambda pair: -pair[1])


def strip(row):
    return tuple(int(symbol) for symbol in row if symbol)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_beam_that_holds_all_beginnings_finds_the_best_of_all_outputs(alpha, seed):
    chain = Chain(seed)
    found = BeamSearch(chain, "", "", 40, alpha)(BATCH, **SETTINGS)
    for number, ids_KT, scores, logs in zip(
        (1, 2, 3), found.ids, found.scores, found.log_probabilities, strict=True
    ):
        expected = rank(chain, number, alpha)
        np.testing.assert_allclose(scores[:20], [score for _, score in expected[:20]], rtol=1e-5)
        assert strip(ids_KT[0]) == expected[0][0]
        outputs = chain.list_outputs(number)
        np.testing.assert_allclose(logs, [outputs[strip(row)] for row in ids_KT], rtol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_to_want_only_the_best_does_not_change_it(seed):
    chain = Chain(seed)
    all_wanted = BeamSearch(chain, "", "", 4, 1.0)(BATCH, **SETTINGS)
    best_wanted = BeamSearch(chain, "", "", 4, 1.0, num_wanted=1)(BATCH, **SETTINGS)
    np.testing.assert_array_equal(all_wanted.scores[:, 0], best_wanted.scores[:, 0])


def test_where_there_are_fewer_outputs_than_hypotheses_the_others_are_impossible():
    found = BeamSearch(Chain(), "", "", 6)(BATCH, command_index=0, extra_length=0)
    assert np.isfinite(found.log_probabilities).sum(axis=1).tolist() == [4, 4, 4]
    assert sorted(strip(row)[0] for row in found.ids[0, :4]) == [1, 2, 3, 4]


@pytest.fixture(scope="module")
def model():
    return make_talkative_model()


@pytest.fixture(scope="module")
def batch():
    inputs = ids(5, 13)
    inputs[1, 5:] = inputs[3, 2:] = 0
    return {"inputs": inputs}


@pytest.mark.slow
def test_a_beam_of_one_is_greedy_search(model, batch):
    settings = {"command_index": 1, "extra_length": 30}
    greedy = GreedySearch(model, TEXT, TEXT)(batch, **settings).ids
    is_padded = np.cumsum(greedy == 0, axis=2) > 0  # a random model may write padding
    beam = BeamSearch(model, TEXT, TEXT, 1)(batch, **settings).ids
    np.testing.assert_array_equal(beam[:, :, : greedy.shape[2]][~is_padded], greedy[~is_padded])
    assert (~is_padded).sum() > 100


@pytest.mark.slow
def test_scores_are_those_of_the_sequences_under_teacher_forcing(model, batch):
    """Hypotheses went on in others' rows many times by then, in two rooms, at unequal lengths."""
    found = BeamSearch(model, TEXT, TEXT, 4)(batch, command_index=1, extra_length=30)
    for row, (inputs, outputs) in enumerate(zip(batch["inputs"], found.ids, strict=True)):
        inputs = inputs[inputs > 0]
        for number, output in enumerate(outputs):
            output = output[output > 0]
            given = {"inputs": inputs[None], "targets": output[None], "command": np.int32(1)}
            logits = model(given, input_modality=TEXT, target_modality=TEXT).logits
            logs = np.asarray(keras.ops.log_softmax(logits))[0]
            total = logs[np.arange(len(output)), output].sum()
            assert found.log_probabilities[row, number] == pytest.approx(total, rel=1e-5)
            score = total / ((5 + len(output)) / 6) ** 0.6
            assert found.scores[row, number] == pytest.approx(score, rel=1e-5)
            assert output[-1] == 1 or len(output) == len(inputs) + 30
    assert found.ids.shape[2] > 32
    assert len({tuple(output) for outputs in found.ids for output in outputs}) == 20
