import numpy as np

from t2t_mm.layers.caching import History
from t2t_mm.search.search_state import SearchState


def test_rows_are_taken_of_everything_that_has_rows():
    row = np.array([1, 2, 3])
    cache = History(np.array([[1.0], [2.0], [3.0]]), np.array([[4.0], [5.0], [6.0]]))
    state = SearchState(row[None], 7, row, row > 1, 2 * row, cache, (row[None],), ())
    taken = state.take([2, 2, 0, 1])
    assert np.array(taken.ids).tolist() == [[3, 3, 1, 2]]
    assert np.array(taken.previous).tolist() == [3, 3, 1, 2]
    assert np.array(taken.is_finished).tolist() == [True, True, False, True]
    assert np.array(taken.limits).tolist() == [6, 6, 2, 4]
    assert np.array(taken.cache.values).tolist() == [[6], [6], [4], [5]]
    assert np.array(taken.method[0]).tolist() == [[3, 3, 1, 2]]
    assert (taken.position, taken.constraint) == (7, ())


def test_keys_and_values_that_rows_share_are_taken_once():
    rows = np.arange(4)
    history = History(*[np.array([[1.0], [2.0]])] * 2)
    state = SearchState(rows[None], 7, rows, rows > 1, rows, (history, rows[None]))
    taken = state.take(np.array([2, 3]), num_sharing=2)
    assert np.array(taken.cache[0].keys).tolist() == [[2]]
    assert np.array(taken.cache[1]).tolist() == [[2, 3]]
