"""Outputs keep the order of what they are of, however batches are put together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from t2t_mm.errors import UserError
from t2t_mm.inference.windows import BATCHES_TOGETHER, Batches, Skip, run_in_windows


def batch_backwards(window: Sequence[Any], size: int, skip: Skip) -> Batches:
    """Batches, the last value first; what is negative cannot be read, what is 0 is empty."""
    places = []
    for place, value in reversed(list(enumerate(window))):
        if value < 0:
            skip(place, UserError(f"{value} is negative"))
        elif value:
            places.append(place)
    for start in range(0, len(places), size):
        chosen = places[start : start + size]
        yield chosen, {"inputs": [window[place] for place in chosen]}


def square(batch: Mapping[str, Any], places: Sequence[int]) -> list[int]:
    assert len(places) == len(batch["inputs"])
    return [value * value for value in batch["inputs"]]


def run(values: Any, skip: Skip | None = None) -> Iterator[int]:
    return run_in_windows(values, batch_backwards, square, batch_size=2, empty=-1, skip=skip)


def test_outputs_are_in_order_and_empty_where_there_is_none() -> None:
    values = [*range(3 * 2 * BATCHES_TOGETHER + 5), 0]
    assert list(run(values)) == [value * value or -1 for value in values]


def test_no_more_than_one_window_is_looked_at_ahead() -> None:
    looked_at: list[int] = []

    def look() -> Iterator[int]:
        for value in range(1, 1000):
            looked_at.append(value)
            yield value

    outputs = run(look())
    assert looked_at == []
    assert next(outputs) == 1 and len(looked_at) == 2 * BATCHES_TOGETHER


def test_what_cannot_be_read_is_told_by_its_place_among_all() -> None:
    values = [1] * 40
    values[3], values[37] = -5, -6
    told: list[tuple[int, str]] = []
    outputs = list(run(values, lambda place, error: told.append((place, str(error)))))
    assert told == [(3, "-5 is negative."), (37, "-6 is negative.")]
    assert outputs[3] == outputs[37] == -1 and outputs.count(1) == 38
    with pytest.raises(UserError, match="-5"):
        list(run(values))


def test_a_batch_is_told_the_places_of_its_examples_among_all() -> None:
    values = list(range(1, 50))
    told: dict[int, int] = {}

    def note(batch: Mapping[str, Any], places: Sequence[int]) -> list[int]:
        told.update(zip(places, batch["inputs"], strict=True))
        return square(batch, places)

    list(run_in_windows(values, batch_backwards, note, batch_size=2, empty=-1))
    assert told == dict(enumerate(values))
    told.clear()
    places = range(100, 200, 2)  # more than values
    list(run_in_windows(values, batch_backwards, note, batch_size=2, empty=-1, places=places))
    assert told == dict(zip(places, values, strict=False))


def test_what_cannot_be_read_is_told_by_a_place_that_is_given() -> None:
    told: list[int] = []
    places = iter([7, 9, 11])
    outputs = run_in_windows(
        [1, -1],
        batch_backwards,
        square,
        batch_size=2,
        empty=-1,
        skip=lambda place, _: told.append(place),
        places=places,
    )
    assert list(outputs) == [1, -1] and told == [9]
    assert next(places) == 11  # what is left is of those that come later
