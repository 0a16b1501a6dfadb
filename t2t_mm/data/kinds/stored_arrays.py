"""Arrays as they are stored: the lengths of their axes as int32, then their elements in C order.

All is little-endian: of float32[2, 3] 8 bytes are lengths, and 24 elements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.errors import UserError

if TYPE_CHECKING:
    import tensorflow as tf

Shape = Sequence[int | None]

_LENGTH_BYTES = 4


def store_array(value: Any, dtype: str, shape: Shape) -> bytes:
    """Return the bytes that are stored for an array.

    Args:
        value: An array whose elements `dtype` holds without another kind of number.
        dtype: Of what is stored, "float32" for example.
        shape: The lengths of its axes; None is any length but 0.

    Raises:
        BadExampleError: The array is empty, or holds what is not finite, or whole numbers for which
            `dtype` has no room.
        UserError: The value is no such array.

    Example:
        >>> store_array(np.array([[1.0, 0.5]]), "float16", (None, 2)).hex()
        '0100000002000000003c0038'
    """
    is_array = isinstance(value, np.ndarray)
    fits = (
        is_array
        and value.ndim == len(shape)
        and np.can_cast(value.dtype, dtype, "same_kind")
        and all(asked in (None, given) for asked, given in zip(shape, value.shape, strict=True))
    )
    if not fits:
        given = describe_array_type(value.dtype, value.shape) if is_array else type(value).__name__
        raise UserError(
            "The value is not the array that is declared",
            expected=describe_array_type(dtype, shape),
            received={"value": given},
        )
    if not value.size:
        raise BadExampleError("The array is empty", received={"shape": value.shape})
    stored = value.astype(np.dtype(dtype).newbyteorder("<"))
    if stored.dtype.kind in "iu" and (stored != value).any():
        raise BadExampleError(f"The array has numbers that {dtype} has no room for")
    if not np.isfinite(stored).all():
        raise BadExampleError("The array has elements that are not finite")
    return bytes(np.array(value.shape, "<i4").tobytes() + stored.tobytes())


def load_array(stored: bytes, dtype: str, rank: int) -> npt.NDArray[Any]:
    """Return the array that `store_array` stored."""
    elements = np.frombuffer(stored, np.dtype(dtype).newbyteorder("<"), offset=_LENGTH_BYTES * rank)
    return elements.reshape(measure_array(stored, rank))


def measure_array(stored: bytes, rank: int) -> tuple[int, ...]:
    """Return the lengths of the axes of a stored array."""
    return tuple(np.frombuffer(stored, "<i4", count=rank).tolist())


def make_array_input(stored: tf.Tensor, dtype: str, shape: Shape) -> tf.Tensor:
    """Return a stored array as a tensor, with what `shape` says of its axes.

    Args:
        stored: string[], what `store_array` made.
        dtype: Of what is stored.
        shape: The lengths of its axes; None is any length.
    """
    import tensorflow as tf

    elements = tf.io.decode_raw(tf.strings.substr(stored, _LENGTH_BYTES * len(shape), -1), dtype)
    return tf.ensure_shape(tf.reshape(elements, measure_array_input(stored, len(shape))), shape)


def measure_array_input(stored: tf.Tensor, rank: int) -> tf.Tensor:
    """Return the lengths of the axes of a stored array, int32[rank]."""
    import tensorflow as tf

    lengths = tf.io.decode_raw(tf.strings.substr(stored, 0, _LENGTH_BYTES * rank), tf.int32)
    return tf.ensure_shape(lengths, [rank])


def describe_served_array(dtype: str, shape: Shape, size_axes: int) -> dict[str, tf.TensorSpec]:
    """Return what an exported model is given of one array.

    Args:
        dtype: Of the elements.
        shape: The lengths of its axes; None is any length.
        size_axes: How many axes may be padded; their real lengths are given beside the array.
    """
    import tensorflow as tf

    specs = {"inputs": tf.TensorSpec(shape, dtype)}
    if size_axes:
        specs["inputs_size"] = tf.TensorSpec([size_axes], tf.int32)
    return specs


def store_array_tensor(given: Mapping[str, tf.Tensor], dtype: str) -> tf.Tensor:
    """Return the bytes that `store_array` makes, inside a graph.

    Args:
        given: "inputs", the array, and "inputs_size" where it may be padded: without its padding
            it must not be empty, and its elements must be finite.
        dtype: Of what is stored.
    """
    import tensorflow as tf

    array = tf.cast(given["inputs"], dtype)
    if "inputs_size" in given:
        size = given["inputs_size"]
        lengths = tf.concat([size, tf.shape(array)[size.shape[0] :]], 0)
        array = tf.slice(array, tf.zeros_like(lengths), lengths)
    checks = [tf.debugging.assert_positive(tf.size(array), "An array is empty")]
    if array.dtype.is_floating:
        finite = tf.reduce_all(tf.math.is_finite(array))
        checks.append(tf.debugging.assert_equal(finite, True, "An array is not finite"))
    with tf.control_dependencies(checks):
        return tf.strings.join([pack_bytes(tf.shape(array)), pack_bytes(array)])


def pack_bytes(elements: tf.Tensor) -> tf.Tensor:
    """Return the little-endian bytes of a tensor's elements in C order, string[].

    Example:
        >>> import tensorflow as tf
        >>> pack_bytes(tf.constant([1, 258])).numpy().hex()
        '0100000002010000'
    """
    import tensorflow as tf

    numeric = tf.cast(elements, tf.uint8) if elements.dtype == tf.bool else elements
    values = tf.reshape(tf.bitcast(numeric, tf.uint8), [-1])
    every = tf.constant([bytes([value]) for value in range(256)])
    return tf.strings.reduce_join(tf.gather(every, tf.cast(values, tf.int32)))


def describe_array_type(dtype: object, shape: Shape) -> str:
    """Return a type of arrays for a person.

    Example:
        >>> describe_array_type("float32", (None, 2))
        'float32[any, 2]'
    """
    lengths = ", ".join("any" if length is None else str(length) for length in shape)
    return f"{dtype}[{lengths}]"
