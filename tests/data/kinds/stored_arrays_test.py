from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm import UserError
from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.kinds.stored_arrays import (
    load_array,
    make_array_input,
    measure_array,
    measure_array_input,
    store_array,
    store_array_tensor,
)


@pytest.mark.parametrize(
    ("array", "dtype", "shape"),
    [
        (np.arange(6.0).reshape(3, 2), "float32", (None, 2)),
        (np.arange(24, dtype=np.uint8).reshape(2, 3, 4), "uint8", (None, None, 4)),
        (np.array(7, np.int16), "int64", ()),
        (np.array([True, False]), "bool", (2,)),
        (np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)), "float64", (None, None)),
    ],
)
def test_an_array_comes_back_by_numpy_and_in_a_graph(
    array: Any, dtype: str, shape: tuple[int | None, ...]
) -> None:
    stored = store_array(array, dtype, shape)
    loaded = load_array(stored, dtype, len(shape))
    assert loaded.dtype == dtype and measure_array(stored, len(shape)) == array.shape
    np.testing.assert_array_equal(loaded, array)

    def read(one: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        tensor = make_array_input(one, dtype, shape)
        assert tensor.shape.as_list() == list(shape)
        return tensor, measure_array_input(one, len(shape))

    tensor, lengths = next(iter(tf.data.Dataset.from_tensors(stored).map(read)))
    assert tensor.dtype == tf.as_dtype(dtype)
    np.testing.assert_array_equal(tensor.numpy(), array)
    assert tuple(lengths.numpy()) == array.shape

    given = {"inputs": tf.constant(array)}
    assert tf.function(store_array_tensor)(given, dtype).numpy() == stored


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1.0, 2.0]], r"Expected: float32\[any, 2\]. Received: value='list'"),
        (np.zeros(2), r"Received: value='float64\[2\]'"),
        (np.zeros((4, 3)), r"Received: value='float64\[4, 3\]'"),
        (np.zeros((4, 2), np.complex64), r"Received: value='complex64\[4, 2\]'"),
        (np.array([["a", "b"]]), r"Received: value='<U1\[1, 2\]'"),
    ],
)
def test_another_array_than_the_declared_is_refused(value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        store_array(value, "float32", (None, 2))


def test_whole_numbers_without_room_are_bad_data() -> None:
    for value in (np.array([1, 40000]), np.array([-40000])):
        with pytest.raises(BadExampleError, match="int16 has no room for"):
            store_array(value, "int16", (None,))
    assert load_array(store_array(np.array([-7, 9]), "int16", (2,)), "int16", 1).tolist() == [-7, 9]


@pytest.mark.parametrize(
    "value", [np.zeros((0, 2)), np.array([[0.0, np.nan]]), np.array([[1e300, 0.0]])]
)
def test_an_array_that_says_nothing_is_bad_data(value: Any) -> None:
    with pytest.raises(BadExampleError), np.errstate(over="ignore"):
        store_array(value, "float32", (None, 2))
