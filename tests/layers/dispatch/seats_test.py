import numpy as np
import pytest
from keras import ops

from t2t_mm.layers.dispatch.seats import compute_capacity, seat_slots
from t2t_mm.layers.dispatch.slots import sort_slots


def test_the_first_slots_of_each_expert_have_a_row_in_their_order():
    # Expert 1 is asked for three times, expert 0 once, expert 2 never; the last is padding.
    experts = np.array([[1], [0], [1], [1], [3]], "int32")
    seats = seat_slots(sort_slots(experts, 3), experts, capacity=2)
    assert np.asarray(seats.rows.filled).tolist() == [[True, False], [True, True], [False] * 2]
    assert np.asarray(seats.rows.positions)[1].tolist() == [0, 2]
    assert np.asarray(seats.is_seated)[:, 0].tolist() == [True, True, True, False, False]
    assert np.asarray(seats.rows_of_slots)[:3, 0].tolist() == [2, 0, 3]


def test_what_has_no_row_is_gathered_as_zero():
    experts = np.array([[1], [1], [0]], "int32")
    seats = seat_slots(sort_slots(experts, 2), experts, capacity=1)
    [part] = seats.gather_by_position(np.array([[[5.0]], [[7.0]]]))
    assert np.asarray(part).tolist() == [[7.0], [0.0], [5.0]]


@pytest.mark.parametrize(
    ("num_slots", "num_experts", "factor", "rows"),
    [
        (64, 8, 1.25, 10),
        (10, 3, 1.0, 4),
        (9, 3, 1.0, 3),
        (4, 60, 1.25, 1),
        (10_000, 240, 240.0, 10_000),  # the product with the thousandths is beyond int32
        (10, 4, 1e9, 10),
    ],
)
def test_the_capacity_is_a_multiple_of_an_equal_share(num_slots, num_experts, factor, rows):
    assert compute_capacity(num_slots, num_experts, factor) == rows
    assert int(compute_capacity(ops.array(num_slots), num_experts, factor)) == rows
