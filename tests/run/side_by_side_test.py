"""Several batches at once: in order, no more ahead than are computed, and an error ends them."""

import subprocess
import sys
import threading
from collections.abc import Iterator

import keras
import pytest

from t2t_mm.run import side_by_side
from t2t_mm.run.side_by_side import (
    count_at_once,
    give_operations_one_thread,
    run_side_by_side,
    share_among_cores,
)


@pytest.mark.parametrize("number", [1, 2, 3, 8])
def test_values_come_in_order_with_what_was_made_of_them(number: int) -> None:
    found = run_side_by_side(lambda value: value * value, range(20), number)
    assert list(found) == [(value, value * value) for value in range(20)]
    assert list(run_side_by_side(str, [], number)) == []


def test_as_many_run_at_once() -> None:
    both_are_here = threading.Barrier(2)
    found = run_side_by_side(lambda value: both_are_here.wait(timeout=20) < 2, range(6), 2)
    assert all(is_one for _, is_one in found)


def test_one_in_waiting_is_read_ahead() -> None:
    read: list[int] = []

    def values() -> Iterator[int]:
        for value in range(100):
            read.append(value)
            yield value

    found = run_side_by_side(str, values(), 2)
    assert read == []
    assert next(found) == (0, "0") and read == [0, 1, 2]
    assert next(found) == (1, "1") and read == [0, 1, 2, 3]


@pytest.mark.parametrize("number", [1, 2])
def test_an_error_is_raised_in_its_turn_and_ends_the_rest(number: int) -> None:
    begun: list[int] = []

    def refuse_three(value: int) -> int:
        begun.append(value)
        if value == 3:
            raise ValueError("three")
        return value

    found = run_side_by_side(refuse_three, range(100), number)
    assert [next(found)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(found)
    assert max(begun) <= 3 + number and list(found) == []


@pytest.mark.parametrize("number", [1, 2, 8])
def test_what_was_read_before_an_error_is_computed_first(number: int) -> None:
    def values() -> Iterator[int]:
        yield from range(3)
        raise OSError("unreadable")

    found = run_side_by_side(str, values(), number)
    assert [next(found)[1] for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(OSError, match="unreadable"):
        next(found)


def test_who_stops_to_read_ends_the_threads() -> None:
    before = threading.active_count()
    found = run_side_by_side(str, range(100), 4)
    next(found)
    found.close()
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("on_tensorflow", "devices", "cores", "number"),
    [
        (True, "cpu:0", 2, 2),
        (True, "cpu:0", 64, 8),
        (True, "cpu:0 gpu:0", 64, 1),
        (False, "cpu:0", 2, 2),
        (False, "gpu:0", 64, 1),
        (False, "cpu:0 cpu:1", 64, 1),  # a mesh: threads would mix up its exchanges
    ],
)
def test_the_cores_count_where_the_cpu_computes(
    monkeypatch: pytest.MonkeyPatch, on_tensorflow: bool, devices: str, cores: int, number: int
) -> None:
    import tensorflow as tf

    gpus = [device for device in devices.split() if device.startswith("gpu")]
    monkeypatch.setattr(side_by_side, "is_on_tensorflow", lambda: on_tensorflow)
    monkeypatch.setattr(keras.distribution, "list_devices", devices.split)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    monkeypatch.setattr(side_by_side.os, "sched_getaffinity", lambda pid: set(range(cores)))
    assert count_at_once() == number


@pytest.mark.parametrize(
    ("cores", "has_one_thread", "number", "size"),
    [
        (2, True, 8, 4),
        (2, True, 9, 5),
        (2, True, 1, 1),
        (2, True, 0, 1),
        (2, True, 100, 32),
        (1, True, 8, 32),
        (2, False, 8, 32),
    ],
)
def test_few_examples_are_shared_among_cores_whose_operations_have_one_thread(
    monkeypatch: pytest.MonkeyPatch, cores: int, has_one_thread: bool, number: int, size: int
) -> None:
    monkeypatch.setattr(side_by_side, "count_at_once", lambda: cores)
    monkeypatch.setattr(side_by_side, "_operations_have_one_thread", lambda: has_one_thread)
    assert share_among_cores(number, 32) == size


def test_what_has_computed_keeps_its_threads() -> None:
    import tensorflow as tf

    tf.constant(1) + 1
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    give_operations_one_thread()
    assert tf.config.threading.get_intra_op_parallelism_threads() == threads


@pytest.mark.slow
def test_a_program_gives_operations_one_thread() -> None:
    program = (
        "import tensorflow as tf; from t2t_mm.run import side_by_side as s;"
        "s.count_at_once = lambda: {}; s.give_operations_one_thread();"
        "print(tf.config.threading.get_intra_op_parallelism_threads())"
    )
    for number, threads in ((2, "1"), (1, "0")):
        done = subprocess.run(
            [sys.executable, "-c", program.format(number)], capture_output=True, text=True
        )
        assert done.stdout.strip() == threads
