"""Long lists through a model, a few batches at a time: outputs in order, each as soon as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any, TypeVar

from t2t_mm.errors import UserError
from t2t_mm.run.side_by_side import count_at_once, run_side_by_side, share_among_cores

BATCHES_TOGETHER = 8
"""Batches whose inputs are prepared together, so that those of similar size share one."""

Out = TypeVar("Out")
Skip = Callable[[int, UserError], None]
Places = Iterable[int] | None
Batches = Iterator[tuple[list[int], Mapping[str, Any]]]


def run_in_windows(
    values: Iterable[Any],
    make_batches: Callable[[Sequence[Any], int, Skip], Batches],
    run: Callable[[Mapping[str, Any], Sequence[int]], Sequence[Out]],
    *,
    batch_size: int,
    empty: Out,
    skip: Skip | None = None,
    places: Places = None,
) -> Iterator[Out]:
    """Yield what a model makes of values, in their order.

    No more values are looked at, prepared and in memory than those of a few batches, however many
    there are. As many batches run at once as there are cores for.

    Args:
        values: Such as inputs.
        make_batches: Makes padded batches of some values, of at most so many, and says the places
            of their examples; calls what it is given with the place of one that cannot be read.
        run: Returns an output for each example of a batch; it is told their places, too.
        batch_size: Examples of a batch, fewer where few are shared among the cores.
        empty: The output of values that are in no batch.
        skip: Is given the place of a value that cannot be read, and why. Without it that is raised.
        places: Of the values; 0, 1, 2 ... by default.

    Example:
        >>> def make_batches(window, size, skip):
        ...     yield [1, 0], {"inputs": window[::-1]}
        >>> double = lambda batch, places: [2 * value for value in batch["inputs"]]
        >>> list(run_in_windows([3, 4], make_batches, double, batch_size=2, empty=0))
        [6, 8]
    """
    rest = zip(values, count() if places is None else places, strict=False)
    while pairs := list(islice(rest, BATCHES_TOGETHER * batch_size)):
        window, named = zip(*pairs, strict=True)

        def skip_in_window(place: int, error: UserError, named: Sequence[int] = named) -> None:
            if skip is None:
                raise error
            skip(named[place], error)

        def run_batch(
            pair: tuple[list[int], Mapping[str, Any]], named: Sequence[int] = named
        ) -> Sequence[Out]:
            chosen, batch = pair
            return run(batch, [named[place] for place in chosen])

        outputs = [empty] * len(window)
        size = share_among_cores(len(window), batch_size)
        batches = make_batches(window, size, skip_in_window)
        for (chosen, _), found in run_side_by_side(run_batch, batches, count_at_once()):
            for place, output in zip(chosen, found, strict=True):
                outputs[place] = output
        yield from outputs
