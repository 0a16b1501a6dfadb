import numpy as np
from keras import ops

from t2t_mm.layers.lineage import trace_lineage

WRITERS = ops.array([[1, 0, 0, 1], [0, 0, 1, 0], [1, 1, 1, 1], [1, 0, 0, 0]], "int32")


def test_a_row_is_its_own_at_the_position_and_others_of_its_input_before():
    lineage = trace_lineage(WRITERS, 2, num_hypotheses=2)
    assert lineage.num_hypotheses == 2
    assert lineage.rows.numpy()[:3].tolist() == [[1, 0, 2, 3], [0, 0, 3, 2], [0, 1, 2, 3]]


def test_keys_of_others_and_later_ones_are_blocked():
    is_read = np.equal(trace_lineage(WRITERS, 2, num_hypotheses=2).bias, 0).astype(int)
    assert is_read.tolist() == [
        [[[0, 1, 1, 0, 1, 0, 0, 0], [1, 0, 1, 0, 0, 1, 0, 0]]],
        [[[1, 0, 0, 1, 1, 0, 0, 0], [0, 1, 1, 0, 0, 1, 0, 0]]],
    ]


def test_each_row_reads_of_a_ring_what_it_continues():
    lineage = trace_lineage(WRITERS, 2, num_hypotheses=2)
    ring = np.arange(3 * 4 * 2.0).reshape(3, 4, 2)
    read = lineage.read(ops.array(ring), ops.array([2, 0, 1]), ops.array([-1, 0, 1]))
    np.testing.assert_array_equal(read[1], ring[0, [1, 0, 2, 3]])
    np.testing.assert_array_equal(read[2], ring[1, [0, 0, 3, 2]])
    assert read.shape == (3, 4, 2)
