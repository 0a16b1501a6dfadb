"""How long inputs and targets of the same examples are: records tell each side alone."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from t2t_mm.data.declaring.problem import Problem
from t2t_mm.data.kinds.kind_table import choose_kinds
from t2t_mm.data.pipeline.buckets import SIDES, Lengths
from t2t_mm.data.pipeline.example_values import Example, choose_values
from t2t_mm.data.pipeline.length_limits import Limits
from t2t_mm.data.pipeline.record_reading import read_examples
from t2t_mm.data.pipeline.stochastic import Dice
from t2t_mm.data.records.stored import DataInfo

SAMPLE = 1024


def sample_lengths(info: DataInfo, problem: Problem, limits: Limits, seed: int) -> Lengths:
    """Measure the first training examples, which are stored in random order.

    Args:
        info: The problem's data.
        problem: The problem; a reversed one reads the data of its base.
        limits: Longest values that are kept, by feature.
        seed: Of the choice among alternatives.

    Returns:
        int64[N, 2], positions of inputs and targets, of `SAMPLE` examples without those that are
        too long.
    """
    kinds = choose_kinds(problem.features, info.vocabularies)

    def measure(place: tf.Tensor, example: Example) -> tf.Tensor:
        chosen = choose_values(example, kinds, Dice(seed, place))
        positions = [
            (kinds[side].count_positions(one[side])) for one in (example, chosen) for side in SIDES
        ]
        return tf.stack(positions)

    examples = read_examples(info, "train", problem, with_text=False).take(SAMPLE)
    measured = np.array(list(examples.enumerate().map(measure).as_numpy_iterator()), np.int64)
    longest, lengths = measured[:, :2], measured[:, 2:]
    most = [limits[side].positions if side in limits else np.inf for side in SIDES]
    return lengths[(longest <= most).all(axis=1)]
