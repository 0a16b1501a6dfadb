import numpy as np

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


def test_a_capacity_is_rounded_up():
    assert [compute_capacity(slots, 3, 1.25) for slots in (3, 12, 13)] == [2, 5, 6]
