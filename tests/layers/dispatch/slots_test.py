import numpy as np
from keras import ops

from t2t_mm.layers.dispatch.slots import send_padding_nowhere, sort_slots

#          token 0  token 1  padding  token 3
EXPERTS = [[2, 0], [0, 1], [0, 1], [2, 0]]


def sorted_slots():
    mask = ops.array([True, True, False, True])
    return sort_slots(send_padding_nowhere(ops.array(EXPERTS), 3, mask), num_experts=3)


def test_slots_are_sorted_by_expert_then_position_and_padding_is_last():
    slots = sorted_slots()
    np.testing.assert_array_equal(slots.order, [1, 2, 7, 3, 0, 6, 4, 5])
    np.testing.assert_array_equal(slots.starts, [0, 3, 4, 6])
    np.testing.assert_array_equal(slots.places, [[4, 0], [1, 3], [6, 7], [5, 2]])


def test_rows_beyond_an_experts_slots_are_empty():
    slots = sorted_slots()
    rows = slots.fill_rows(ops.arange(4, 12), slots.starts[3])  # from expert 2 on, beyond all slots
    np.testing.assert_array_equal(rows.filled, [True, True] + 6 * [False])
    np.testing.assert_array_equal(rows.positions[:2], [0, 3])
    x = ops.array([[1.0], [2.0], [float("nan")], [4.0]])
    np.testing.assert_array_equal(rows.take(x)[:, 0], [1, 4, 0, 0, 0, 0, 0, 0])
    gates = ops.array([[0.25, 0.75], [1, 0], [1, 0], [0.5, 0.5]])
    np.testing.assert_array_equal(rows.take_weighted(x, gates)[:3, 0], [0.25, 2, 0])
