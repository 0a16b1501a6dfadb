"""SIGTERM and SIGHUP are Ctrl-C within, and what they were before outside."""

import signal
import threading

import pytest

from t2t_mm.files.interruption import stop_like_ctrl_c


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_an_interruption_and_later_what_it_was(number: signal.Signals) -> None:
    heard: list[int] = []
    before = signal.signal(number, lambda number, frame: heard.append(number))
    try:
        with pytest.raises(KeyboardInterrupt), stop_like_ctrl_c():
            signal.raise_signal(number)
        assert heard == []
        signal.raise_signal(number)
        assert heard == [number]
    finally:
        signal.signal(number, before)


def test_a_hang_up_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_like_ctrl_c():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_leaves_signals_to_their_owner() -> None:
    before, inside = signal.getsignal(signal.SIGTERM), list[object]()

    def look() -> None:
        with stop_like_ctrl_c():
            inside.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert inside == [before]
