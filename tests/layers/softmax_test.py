import warnings

import numpy as np
from keras import ops

from t2t_mm.layers.softmax import compute_softmax


def test_it_is_the_softmax_also_of_one_value_and_of_what_is_blocked():
    logits = np.array([[[1.0, -2.0, -1e9], [300.0, 301.0, 299.0]]], "float32")
    np.testing.assert_allclose(compute_softmax(logits), ops.softmax(logits), rtol=1e-5, atol=1e-30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.asarray(compute_softmax(np.array([[7.0]], "float32"))).tolist() == [[1.0]]
