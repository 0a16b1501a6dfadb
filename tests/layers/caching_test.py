import numpy as np
from keras import ops

from t2t_mm.layers.caching import take_rows, write_ring


def test_rows_are_taken_from_every_tensor_of_a_nest():
    cache = (ops.array([[1.0], [2.0], [3.0]]), (), (ops.array([4, 5, 6]),))
    first, nothing, (second,) = take_rows(cache, [2, 0, 0, 1])
    np.testing.assert_array_equal(first, [[3], [1], [1], [2]])
    assert nothing == ()
    np.testing.assert_array_equal(second, [6, 4, 4, 5])


def test_each_row_of_a_ring_is_written_in_one_place():
    ring = write_ring(ops.zeros((2, 3, 1)), ops.array([[1.0], [2.0]]), 1)
    np.testing.assert_array_equal(ring[..., 0], [[0, 1, 0], [0, 2, 0]])
