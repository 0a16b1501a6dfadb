import numpy as np
import tensorflow as tf

from t2t_mm.modalities.base import Positions
from t2t_mm.model.multimodel import Encoded
from t2t_mm.search.class_ranking import TopClasses


class Echo:
    """The class is the input's first symbol and the index of the problem together."""

    def encode(self, inputs, *, problem, **told):
        x = inputs + problem
        return Encoded(Positions(x, inputs > 0), [])

    def classify(self, encoded, modality):
        return 3.0 * tf.one_hot(encoded.positions.x[:, 0], 6) + tf.one_hot(5, 6)


def test_classes_come_the_most_probable_first_with_their_probabilities():
    ranked = TopClasses(Echo(), "", "", count=2)({"inputs": np.array([[2, 1], [3, 1]], np.int32)})
    assert ranked.ids.tolist() == [[2, 5], [3, 5]]
    powers = np.exp([3.0, 1.0])
    np.testing.assert_allclose(ranked.probabilities, [powers / (powers.sum() + 4)] * 2, rtol=1e-6)


def test_there_are_no_more_ranks_than_classes_and_the_problem_is_told():
    ranking = TopClasses(Echo(), "", "", count=9)
    ranked = ranking({"inputs": np.array([[1, 1]], np.int32)}, problem_index=3)
    assert ranked.ids.shape == (1, 6) and ranked.ids[0, 0] == 4
