import numpy as np

from t2t_mm.modalities.grid import Grid, to_grid, to_sequence


def test_real_positions_stand_row_by_row_without_gaps():
    x = np.arange(12, dtype="float32").reshape(1, 3, 4, 1)
    sequence, mask = to_sequence(x, np.array([[2, 3]]))
    assert np.asarray(sequence)[0, :, 0].tolist() == [0, 1, 2, 4, 5, 6] + [0] * 6
    assert np.asarray(mask)[0].tolist() == [True] * 6 + [False] * 6


def test_each_picture_has_its_own_columns():
    x = np.arange(2 * 6, dtype="float32").reshape(2, 2, 3, 1)
    sequence, mask = to_sequence(x, np.array([[2, 1], [1, 3]]))
    assert np.asarray(sequence)[0, :, 0].tolist() == [0, 3, 0, 0, 0, 0]
    assert np.asarray(sequence)[1, :, 0].tolist() == [6, 7, 8, 0, 0, 0]
    assert np.asarray(mask).sum(1).tolist() == [2, 3]


def test_without_sizes_all_is_real():
    x = np.arange(6, dtype="float32").reshape(1, 2, 3, 1)
    sequence, mask = to_sequence(x, None)
    assert np.asarray(sequence)[0, :, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert np.asarray(mask).all()
    back, cells = to_grid(sequence, None, Grid(2, 3))
    np.testing.assert_array_equal(back, x)
    assert cells is None


def test_back_to_the_grid():
    x = np.random.default_rng(0).normal(size=(3, 4, 5, 2)).astype("float32")
    sizes = np.array([[4, 5], [3, 2], [1, 1]])
    sequence, mask = to_sequence(x, sizes)
    back, cells = to_grid(sequence, mask, Grid(4, 5, sizes))
    for picture, original, marked, (rows, columns) in zip(back, x, cells, sizes, strict=True):
        np.testing.assert_array_equal(picture[:rows, :columns], original[:rows, :columns])
        assert np.asarray(marked).sum() == rows * columns
        rest = np.asarray(picture).copy()
        rest[:rows, :columns] = 0
        assert not rest.any()
