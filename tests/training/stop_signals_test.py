"""Ctrl-C asks for an end once, and ends at once the second time."""

import os
import signal
import threading

import pytest

from t2t_mm.training.stop_signals import catch_stop_signals


def test_a_second_signal_does_not_wait() -> None:
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt), catch_stop_signals(told.append) as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.was_made and "once more" in told[0]
        os.kill(os.getpid(), signal.SIGINT)
    assert len(told) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_is_a_request(number: int) -> None:
    before = signal.signal(number, signal.SIG_DFL)  # under nohup one is ignored
    try:
        with catch_stop_signals(print) as stop:
            signal.raise_signal(number)
    finally:
        signal.signal(number, before)
    assert stop.was_made


def test_a_hangup_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with catch_stop_signals(print) as stop:
            signal.raise_signal(signal.SIGHUP)
        assert not stop.was_made and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signals_are_back_with_their_owner_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with catch_stop_signals(print):
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_beside_the_main_thread_signals_stay_with_their_owner() -> None:
    handlers = []

    def look() -> None:
        with catch_stop_signals(print) as stop:
            handlers.append(signal.getsignal(signal.SIGINT))
            assert not stop.was_made

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGINT)]


def test_where_all_is_saved_the_first_signal_does_not_wait() -> None:
    told: list[str] = []
    with catch_stop_signals(told.append) as stop:
        with pytest.raises(KeyboardInterrupt), stop.all_saved():
            os.kill(os.getpid(), signal.SIGTERM)
        assert "the checkpoint is written" in told[0] and not stop.was_made
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.was_made


@pytest.mark.parametrize(
    "error", [RuntimeError("reentrant call inside <_io.BufferedWriter>"), OSError("no terminal")]
)
def test_where_nothing_can_be_told_a_stop_is_a_stop_all_the_same(error: Exception) -> None:
    def fail(text: str) -> None:
        raise error

    with catch_stop_signals(fail) as stop:
        with pytest.raises(KeyboardInterrupt), stop.all_saved():
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert stop.was_made
