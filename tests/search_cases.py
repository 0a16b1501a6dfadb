"""Every way to search, on batches whose outputs are long; runs on either backend."""

import numpy as np
from small_model import TEXT, ids

from t2t_mm.inference.beam_search import BeamSearch
from t2t_mm.inference.constraint import NoRepeat
from t2t_mm.inference.sampling import Sampling, SamplingOptions
from t2t_mm.inference.search import GreedySearch


def run_searches(model):
    """Returns int32[B, K, T] by name."""
    three, four = ids(3, 13), ids(4, 16, seed=1)
    three[1, 5:] = 0
    settings = {"command_index": 1, "extra_length": 30, "problem_index": 1}
    greedy = GreedySearch(model, TEXT, TEXT)
    beams = BeamSearch(model, TEXT, TEXT, 3, constraint=NoRepeat(2))
    options = SamplingOptions(temperature=0.7, top_k=9, top_p=0.9, seed=4)
    sampling = Sampling(model, TEXT, TEXT, 2, options)
    found = {
        "greedy": greedy({"inputs": three}, **settings),
        "greedy, four": greedy({"inputs": four}, **settings),
        "beams without repetitions": beams({"inputs": three}, **settings),
        "samples": sampling({"inputs": three}, **settings, places=[5, 6, 7]),
    }
    return {name: np.asarray(hypotheses.ids) for name, hypotheses in found.items()}
