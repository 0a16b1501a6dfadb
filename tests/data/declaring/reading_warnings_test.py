"""A warning about raw data is told once, however often the files are read."""

import logging

import pytest

from t2t_mm.data.declaring.reading_warnings import warn_once


def test_the_same_warning_comes_once_and_another_one_too(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for message in ("one: 3 lines are left out", "two: 1 line is left out") * 2:
            warn_once(message)
    assert caplog.messages == ["one: 3 lines are left out", "two: 1 line is left out"]
