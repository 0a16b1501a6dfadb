import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from t2t_mm.layers.caching import (
    FIRST_ROOM,
    History,
    Source,
    grow,
    make_zeros,
    reorder,
    take_rows,
    write_position,
)


def test_rows_are_taken_from_every_tensor_of_a_nest():
    cache = (ops.array([[1.0, 2.0, 3.0]]), (), (ops.array([[4, 5, 6], [7, 8, 9]]),))
    first, nothing, (second,) = take_rows(cache, [2, 0, 0, 1])
    np.testing.assert_array_equal(first, [[3, 1, 1, 2]])
    assert nothing == ()
    np.testing.assert_array_equal(second, [[6, 4, 4, 5], [9, 7, 7, 8]])


def test_reordered_hypotheses_share_the_source_of_their_input():
    source = Source(*[ops.ones((4, 2, 1))] * 3)
    history = History(*[ops.array([[1.0, 2.0]])] * 2)
    moved, (same, nothing) = reorder((history, (source, ())), np.array([1, 0]))
    assert same is source and nothing == ()
    assert isinstance(moved, History)
    np.testing.assert_array_equal(moved.values, [[2, 1]])


def test_room_is_doubled_and_what_is_in_it_stays():
    empty = ops.zeros((0, 2, 1, 3))
    history = grow(History(empty, empty))
    history = History(*(write_position(part, 1, ops.ones((2, 1, 3))) for part in history))
    once, (nothing, ring) = grow((history, ((), ops.ones((3, 2, 1)))))
    assert nothing == () and ring.shape == (3, 2, 1)
    assert once.keys.shape == (2 * FIRST_ROOM, 2, 1, 3)
    np.testing.assert_array_equal(ops.sum(once.values, axis=(1, 2, 3))[:4], [0, 6, 0, 0])


@pytest.mark.parametrize("shape", [(5,), (5, 2, 3)])
def test_a_graph_writes_one_position_as_plain_operations_do(shape):
    cache = np.arange(np.prod(shape)).reshape(shape).astype("float32")
    row = -np.ones(shape[1:], "float32")
    expected = write_position.__wrapped__(cache, 3, row)
    assert np.sum(np.not_equal(expected, cache)) == row.size

    @tf.function(input_signature=[tf.TensorSpec([None] * len(shape)), tf.TensorSpec([], tf.int32)])
    def write_in_graph(cache, position):
        return write_position(cache, position, tf.constant(row))

    np.testing.assert_array_equal(write_in_graph(tf.constant(cache), 3), expected)
    np.testing.assert_array_equal(write_position(tf.constant(cache), 3, row), expected)


def test_zeros_alike_are_not_one_tensor_in_a_graph():
    @tf.function
    def write_into_one():
        first, second = (make_zeros([2, 1], "float32") for _ in range(2))
        return write_position(first, 0, tf.ones([1])), second

    written, other = write_into_one()
    assert written.numpy().tolist() == [[1.0], [0.0]]
    assert other.numpy().tolist() == [[0.0], [0.0]]
