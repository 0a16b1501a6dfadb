"""Every way to search, on batches whose outputs are long; runs on either backend."""

import json
from pathlib import Path

import keras
import numpy as np
from every_pair import TEXT, make_batch
from small_model import ids

from t2t_mm.search.beam_search import BeamSearch
from t2t_mm.search.constraint import NoRepeat
from t2t_mm.search.forward import compile_forward
from t2t_mm.search.greedy_search import GreedySearch
from t2t_mm.search.sampling import Sampling, SamplingOptions


def run_searches(model):
    """Returns int32[B, K, T] by name."""
    three, four = ids(3, 13), ids(4, 16, seed=1)
    three[1, 5:] = 0
    settings = {"command_index": 1, "extra_length": 30, "problem_index": 1, "open_axes": [1]}
    greedy = GreedySearch(model, TEXT, TEXT)
    beams = BeamSearch(model, TEXT, TEXT, 3, constraint=NoRepeat(2))
    options = SamplingOptions(temperature=0.7, top_k=9, top_p=0.9)
    sampling = Sampling(model, TEXT, TEXT, 2, options)
    found = {
        "greedy": greedy({"inputs": three}, **settings),
        "greedy, four": greedy({"inputs": four}, **settings),
        "beams without repetitions": beams({"inputs": three}, **settings),
        "samples": sampling({"inputs": three}, **settings, places=[5, 6, 7], seed=4),
    }
    return {name: np.asarray(hypotheses.ids) for name, hypotheses in found.items()}


def check_pair(model, source):
    """Compares searches with each other and with teacher forcing, for a net that reads inputs.

    Returns: how many symbols a beam of one writes otherwise than greedy search; the largest
    relative error of a beam's log-probabilities; and how many symbols were written.
    """
    batch = make_batch((source, TEXT))
    settings = {"command_index": 2, "extra_length": 9, "problem_index": 1}
    greedy = GreedySearch(model, source, TEXT, constraint=NoRepeat(3))(batch, **settings).ids
    one = BeamSearch(model, source, TEXT, 1, 0.0, constraint=NoRepeat(3))(batch, **settings).ids
    found = BeamSearch(model, source, TEXT, 3)(batch, **settings)
    rows = np.repeat(np.arange(3), 3)
    inputs = {name: batch[name][rows] for name in ("inputs", "inputs_size") if name in batch}
    targets = found.ids.reshape(9, -1)

    def score(inputs, targets):
        given = {**inputs, "targets": targets, "command": np.int32(2), "problem": np.int32(1)}
        logits = model(given, input_modality=source, target_modality=TEXT).logits
        logs = keras.ops.log_softmax(keras.ops.cast(logits, "float32"))
        return keras.ops.take_along_axis(logs, targets[..., None], axis=2)[..., 0]

    logs = np.asarray(compile_forward(model, score, [inputs, targets])(inputs, targets))
    expected = np.sum(logs * (targets > 0), axis=1).reshape(3, 3)
    errors = np.abs(found.log_probabilities / expected - 1)
    return int(np.sum(greedy != one)), float(errors.max()), int(np.sum(targets > 0))


def check_pairs(make_model, path):
    """Writes what `check_pair` finds of every net that reads inputs."""
    model = make_model()
    for index, weight in enumerate(model.trainable_weights):
        weight.assign(weight + np.random.default_rng(index).normal(0, 0.1, weight.shape))
    found = {source: check_pair(model, source) for source in (TEXT, "image", "audio:16")}
    Path(path).write_text(json.dumps(found))
