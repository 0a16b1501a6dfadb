"""Caches: what a causal layer remembers of earlier positions while it decodes step by step.

Every causal layer has, beside `call` for whole sequences, two methods:

    cache = layer.start_cache(...)                          # before the first position
    cache = grow(cache)                                     # room for the first 32
    y_BD, cache = layer.decode_step(x_BD, cache, position)  # one position of every sequence

The steps give what `call` gives at the same positions. `position` is an int scalar that counts
from 0; there must be room for it. A step takes the cache over: TensorFlow's graphs write into its
memory, so that what was handed in is not to be used again.

A cache is a nest of tuples of tensors. Axis 1 of each is the batch, so that `take_rows` chooses and
reorders hypotheses, and a place of a ring is written as one piece; only keys and values, and what
blocks those of a source, have the batch first, as products of them want it. Shapes stay from step
to step.

Axis letters: B batch, N rows taken, R places in a ring, T room for positions, S source positions,
H heads, C channels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from keras import ops

from t2t_mm.layers.forms import choose_form

Tensor = Any
Cache = Any

FIRST_ROOM = 32
"""Positions; the room is doubled whenever it is used up, so that a step's cost follows it."""


class History(NamedTuple):
    """Keys and values of the positions so far, split by head, and room for others.

    Attributes:
        keys: float[B, H, T, C].
        values: float[B, H, T, C].
    """

    keys: Tensor
    values: Tensor


class Source(NamedTuple):
    """What a layer reads of the source at every step: the same for all hypotheses of an input.

    Attributes:
        keys: float[B, H, S, C].
        values: float[B, H, S, C].
        bias: float32[B, 1, 1, S], 0 or `BLOCKED`.
    """

    keys: Tensor
    values: Tensor
    bias: Tensor


@choose_form
def make_zeros(shape: Sequence[Any], dtype: str) -> Tensor:
    """Make zeros that are written to later: a tensor of its own, whatever others are alike.

    Example:
        >>> make_zeros([2], "float32").numpy().tolist()
        [0.0, 0.0]
    """
    return ops.zeros(shape, dtype)


@choose_form
def write_position(cache: Tensor, position: Tensor | int, row: Tensor) -> Tensor:
    """Write one position of every sequence in its place, and nothing else.

    XLA does so without a copy where nothing reads the cache any more.

    Args:
        cache: [T, ...].
        position: int scalar in [0, T).
        row: [...].

    Returns:
        The cache with the row in it.

    Example:
        >>> write_position(ops.zeros((3, 1)), 1, ops.ones(1)).numpy().tolist()
        [[0.0], [1.0], [0.0]]
    """
    start = ops.stack([position] + [0] * len(row.shape))
    return ops.slice_update(cache, start, ops.expand_dims(row, 0))


@choose_form
def write_heads(caches: Sequence[Tensor], position: Tensor | int, heads: Sequence[Tensor]) -> Any:
    """Write one position of every head of every sequence, as `write_position`.

    Args:
        caches: Of one shape, [B, H, T, C] each.
        position: int scalar in [0, T).
        heads: [B, H, C] for each cache.

    Returns:
        The caches with them in them.

    Example:
        >>> [cache] = write_heads([ops.zeros((1, 1, 3, 1))], 1, [ops.ones((1, 1, 1))])
        >>> cache[0, 0].numpy().tolist()
        [[0.0], [1.0], [0.0]]
    """
    start = ops.stack([0, 0, position, 0])
    pairs = zip(caches, heads, strict=True)
    return [ops.slice_update(cache, start, ops.expand_dims(row, 2)) for cache, row in pairs]


@choose_form
def read_places(rows: Tensor, places: Tensor) -> Tensor:
    """Gather along the first axis.

    Args:
        rows: float[R, ...].
        places: int[K], each in [0, R).

    Returns:
        float[K, ...].

    Example:
        >>> read_places(ops.array([5.0, 6.0]), ops.array([1, 0, 1])).numpy().tolist()
        [6.0, 5.0, 6.0]
    """
    return ops.take(rows, places, axis=0)


@choose_form
def finish_reading(cache: Tensor, result: Tensor) -> Tensor:
    """Return a cache once what was read of it is there: only then it may be written again.

    Args:
        cache: Is read.
        result: Computed from it.

    Example:
        >>> finish_reading(ops.ones(2), 2.0 * ops.ones(2)).numpy().tolist()
        [1.0, 1.0]
    """
    return cache


def grow(cache: Cache) -> Cache:
    """Double the room of every `History` in a cache; from nothing to `FIRST_ROOM`.

    Example:
        >>> empty = ops.zeros((2, 1, 0, 4))
        >>> grow((grow(History(empty, empty)),))[0].keys.shape
        TensorShape([2, 1, 64, 4])
    """
    if isinstance(cache, History):
        return History(*(double_room(part, axis=2) for part in cache))
    return _map_parts(grow, cache) if isinstance(cache, tuple) else cache


def double_room(tensor: Tensor, axis: int = 0) -> Tensor:
    """Add as many zeros along an axis as it is long, and to nothing `FIRST_ROOM`.

    Example:
        >>> double_room(ops.ones((32, 2))).shape
        TensorShape([64, 2])
    """
    sizes = list(ops.shape(tensor))
    is_known = isinstance(sizes[axis], int)
    sizes[axis] = (max if is_known else ops.maximum)(sizes[axis], FIRST_ROOM)
    return ops.concatenate([tensor, make_zeros(sizes, tensor.dtype)], axis=axis)


def take_rows(cache: Cache, rows: Tensor) -> Cache:
    """Make the cache of a batch whose row i continues what row `rows[i]` was.

    Args:
        cache: A nest of tensors, B being axis 1; of keys and values, axis 0.
        rows: int[N], each in [0, B); a row may be taken twice or not at all.

    Returns:
        The same nest, of N sequences; no memory is shared.

    Example:
        >>> (taken,) = take_rows((ops.array([[1.0, 2.0, 3.0]]),), [2, 0])
        >>> taken.numpy().tolist()
        [[3.0, 1.0]]
    """
    if isinstance(cache, History | Source):
        return type(cache)(*(ops.take(part, rows, axis=0) for part in cache))
    if isinstance(cache, tuple):
        return _map_parts(lambda part: take_rows(part, rows), cache)
    return ops.take(cache, rows, axis=1)


def reorder(cache: Cache, rows: Tensor) -> Cache:
    """Do what `take_rows` does where row i continues another hypothesis of the same input.

    Args:
        cache: As `take_rows` takes it; of each `Source` nothing moves.
        rows: int[B].

    Example:
        >>> source = Source(*[ops.array([[1.0, 1.0]])] * 3)
        >>> moved, same = reorder((ops.array([[1.0, 2.0]]), source), ops.array([1, 1]))
        >>> moved.numpy().tolist(), same is source
        ([[2.0, 2.0]], True)
    """
    if isinstance(cache, Source):
        return cache
    if isinstance(cache, tuple) and not isinstance(cache, History):
        return _map_parts(lambda part: reorder(part, rows), cache)
    return take_rows(cache, rows)


def _map_parts(change: Callable[[Cache], Cache], cache: Cache) -> Cache:
    parts = [change(part) for part in cache]
    return type(cache)(*parts) if hasattr(cache, "_fields") else tuple(parts)
