"""Caches: what a causal layer remembers of earlier positions while it decodes step by step.

Every causal layer has, beside `call` for whole sequences, two methods:

    cache = layer.start_cache(...)                          # before the first position
    cache = grow(cache)                                     # room for the first 32
    y_BD, cache = layer.decode_step(x_BD, cache, position)  # one position of every sequence

The steps give what `call` gives at the same positions. `position` is an int scalar that counts
from 0; there must be room for it. A step takes the cache over: TensorFlow's graphs write into its
memory, so that what was handed in is not to be used again.

A cache is a nest of tuples of tensors. Axis 1 of each is the batch, so that `take_rows` chooses
rows, and a place of a ring is written as one piece; only keys and values, and what blocks those of
a source, have the batch first, as products of them want it. Shapes stay from step to step.

Where K hypotheses of an input lie side by side, keys and values are the input's, see
`layers.lineage`, and what a step is given and remembers of B sequences is of N rows.

Axis letters: B batch, K hypotheses, N = B * K rows, R places in a ring, P of them, T room for
positions, S source positions, H heads, C channels.
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

    What hypothesis k wrote at position t is at the place t * K + k.

    Attributes:
        keys: float[B, H, T * K, C].
        values: float[B, H, T * K, C].
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
    """Make zeros that are written to later: never one tensor with other zeros of the same shape.

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
    """Write one position of every head of all hypotheses, as `write_position`.

    Args:
        caches: Of one shape, [B, H, T * K, C] each.
        position: int scalar in [0, T).
        heads: [B, H, K, C] for each cache.

    Returns:
        The caches with them in them.

    Example:
        >>> [cache] = write_heads([ops.zeros((1, 1, 3, 1))], 1, [ops.ones((1, 1, 1, 1))])
        >>> cache[0, 0].numpy().tolist()
        [[0.0], [1.0], [0.0]]
    """
    start = ops.stack([0, 0, position * heads[0].shape[2], 0])
    pairs = zip(caches, heads, strict=True)
    return [ops.slice_update(cache, start, row) for cache, row in pairs]


@choose_form
def read_places(rows: Tensor, places: Tensor) -> Tensor:
    """Gather along the first axis.

    Args:
        rows: float[R, ...].
        places: int[P] or int[P, N], each in [0, R).

    Returns:
        float[P, ...] or float[P, N, ...].

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


def grow(cache: Cache, num_hypotheses: int = 1) -> Cache:
    """Double the room of every `History` in a cache; from nothing to `FIRST_ROOM` positions.

    Args:
        cache: A nest.
        num_hypotheses: That share a `History`.

    Example:
        >>> empty = ops.zeros((2, 1, 0, 4))
        >>> grow((grow(History(empty, empty)),))[0].keys.shape
        TensorShape([2, 1, 64, 4])
    """
    if isinstance(cache, History):
        return History(*(double_room(part, 2, FIRST_ROOM * num_hypotheses) for part in cache))
    if isinstance(cache, tuple):
        return _map_parts(lambda part: grow(part, num_hypotheses), cache)
    return cache


def double_room(tensor: Tensor, axis: int = 0, first: int = FIRST_ROOM) -> Tensor:
    """Add as many zeros along an axis as it is long, and to nothing the first room.

    Example:
        >>> double_room(ops.ones((32, 2))).shape
        TensorShape([64, 2])
    """
    sizes = list(ops.shape(tensor))
    is_known = isinstance(sizes[axis], int)
    sizes[axis] = (max if is_known else ops.maximum)(sizes[axis], first)
    return ops.concatenate([tensor, make_zeros(sizes, tensor.dtype)], axis=axis)


def take_rows(cache: Cache, rows: Tensor, num_hypotheses: int = 1) -> Cache:
    """Make the cache of a batch whose row i continues what row `rows[i]` was.

    Args:
        cache: A nest of tensors, N being axis 1; of keys and values, axis 0.
        rows: int[N'], each in [0, N); a row may be taken twice or not at all.
        num_hypotheses: K that share keys and values: rows are taken by all of an input's, in order.

    Returns:
        The same nest, of N' sequences; no memory is shared.

    Example:
        >>> (taken,) = take_rows((ops.array([[1.0, 2.0, 3.0]]),), [2, 0])
        >>> taken.numpy().tolist()
        [[3.0, 1.0]]
    """
    if isinstance(cache, History | Source):
        inputs = rows if num_hypotheses == 1 else rows[::num_hypotheses] // num_hypotheses
        return type(cache)(*(ops.take(part, inputs, axis=0) for part in cache))
    if isinstance(cache, tuple):
        return _map_parts(lambda part: take_rows(part, rows, num_hypotheses), cache)
    return ops.take(cache, rows, axis=1)


def share_among(cache: Cache, num_hypotheses: int) -> Cache:
    """Make of the cache of B inputs before the first position that of K hypotheses of each.

    Args:
        cache: As `take_rows` takes it; keys and values stay, as hypotheses share them.
        num_hypotheses: K.

    Returns:
        The same nest, of B * K rows.

    Example:
        >>> source = Source(*[ops.array([[1.0, 1.0]])] * 3)
        >>> rows, same = share_among((ops.array([[1.0, 2.0]]), source), 2)
        >>> rows.numpy().tolist(), same is source
        ([[1.0, 1.0, 2.0, 2.0]], True)
    """
    if isinstance(cache, History | Source):
        return cache
    if isinstance(cache, tuple):
        return _map_parts(lambda part: share_among(part, num_hypotheses), cache)
    return ops.repeat(cache, num_hypotheses, axis=1)


def _map_parts(change: Callable[[Cache], Cache], cache: Cache) -> Cache:
    parts = [change(part) for part in cache]
    return type(cache)(*parts) if hasattr(cache, "_fields") else tuple(parts)
