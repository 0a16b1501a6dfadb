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
    share_among,
    take_rows,
    write_heads,
    write_position,
)


def test_rows_are_taken_from_every_tensor_of_a_nest():
    cache = (ops.array([[1.0, 2.0, 3.0]]), (), (ops.array([[4, 5, 6], [7, 8, 9]]),))
    first, nothing, (second,) = take_rows(cache, [2, 0, 0, 1])
    np.testing.assert_array_equal(first, [[3, 1, 1, 2]])
    assert nothing == ()
    np.testing.assert_array_equal(second, [[6, 4, 4, 5], [9, 7, 7, 8]])


@pytest.mark.parametrize("kind", [History, Source])
def test_rows_of_keys_and_values_are_taken_along_the_first_axis(kind):
    heads = ops.array([[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]])
    (taken,) = take_rows((kind(*[heads] * len(kind._fields)),), [1])
    assert isinstance(taken, kind)
    for part in taken:
        np.testing.assert_array_equal(part, [[[[3.0]], [[4.0]]]])


@pytest.mark.parametrize("kind", [History, Source])
def test_keys_and_values_that_hypotheses_share_are_taken_by_inputs(kind):
    inputs = ops.array([[[[1.0]]], [[[2.0]]], [[[3.0]]]])
    cache = (kind(*[inputs] * len(kind._fields)), ops.arange(6)[None])
    taken, rows = take_rows(cache, np.array([4, 5, 0, 1]), num_hypotheses=2)
    for part in taken:
        np.testing.assert_array_equal(part, [[[[3.0]]], [[[1.0]]]])
    np.testing.assert_array_equal(rows, [[4, 5, 0, 1]])


def test_hypotheses_share_keys_and_values_and_have_rows_of_the_rest():
    source = Source(*[ops.ones((2, 1, 3, 1))] * 3)
    history = History(*[ops.ones((2, 1, 0, 1))] * 2)
    same, (too, nothing, rows) = share_among((history, (source, (), ops.array([[1, 2]]))), 3)
    assert same is history and too is source and nothing == ()
    np.testing.assert_array_equal(rows, [[1, 1, 1, 2, 2, 2]])


def test_room_is_doubled_and_what_is_in_it_stays():
    empty = ops.zeros((2, 1, 0, 3))
    history = grow(History(empty, empty))
    history = History(*write_heads(history, 1, [ops.ones((2, 1, 1, 3))] * 2))
    once, (nothing, ring) = grow((history, ((), ops.ones((3, 2, 1)))))
    assert nothing == () and ring.shape == (3, 2, 1)
    assert once.keys.shape == (2, 1, 2 * FIRST_ROOM, 3)
    np.testing.assert_array_equal(ops.sum(once.values, axis=(0, 1, 3))[:4], [0, 6, 0, 0])


def test_the_first_room_has_places_for_all_hypotheses():
    empty = ops.zeros((2, 1, 0, 3))
    (history,) = grow((History(empty, empty),), num_hypotheses=4)
    assert history.values.shape == (2, 1, 4 * FIRST_ROOM, 3)
    assert grow(history, num_hypotheses=4).keys.shape == (2, 1, 8 * FIRST_ROOM, 3)


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


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("position", [0, 3, 4])
def test_a_graph_writes_a_position_of_every_head_as_plain_operations_do(position, count):
    caches = np.arange(2 * 120.0 * count, dtype="float32").reshape(2, 2, 3, 5 * count, 4)
    heads = -1 - np.arange(2 * 24.0 * count, dtype="float32").reshape(2, 2, 3, count, 4)
    expected = write_heads.__wrapped__(list(caches), position, list(heads))
    for before, cache, rows in zip(caches, expected, heads, strict=True):
        written = slice(position * count, (position + 1) * count)
        np.testing.assert_array_equal(cache[:, :, written], rows)
        assert np.sum(np.not_equal(cache, before)) == rows.size

    spec = tf.TensorSpec([None, 3, None, 4])

    @tf.function(input_signature=[[spec, spec], tf.TensorSpec([], tf.int32)])
    def write_in_graph(caches, position):
        return write_heads(caches, position, [tf.constant(row) for row in heads])

    copies = [tf.constant(cache.copy()) for cache in caches]
    np.testing.assert_array_equal(write_in_graph(copies, position), expected)
    eager = write_heads([tf.constant(cache) for cache in caches], position, list(heads))
    np.testing.assert_array_equal(eager, expected)


def test_zeros_alike_are_not_one_tensor_in_a_graph():
    @tf.function
    def write_into_one():
        first, second = (make_zeros([2, 1], "float32") for _ in range(2))
        return write_position(first, 0, tf.ones([1])), second

    written, other = write_into_one()
    assert written.numpy().tolist() == [[1.0], [0.0]]
    assert other.numpy().tolist() == [[0.0], [0.0]]
