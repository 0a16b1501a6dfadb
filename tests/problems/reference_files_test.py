"""Which files are references, and that those left aside are told."""

import logging
from pathlib import Path

import pytest

from t2t_mm.problems.reference_files import find_references, warn_of_references


@pytest.mark.parametrize(
    ("name", "is_reference"),
    [
        ("test.en-de.A.de", True),
        ("test.en-de.ref.B.de", True),
        ("test.en-de.refB.de", True),
        ("test.en-de.de0", True),
        ("test.en-de.de.A", True),
        ("test.en-de.de", False),
        ("test.en-de.old.de", False),
        ("test.en-de.A.en", False),
        ("test.A.de", False),
    ],
)
def test_a_reference_bears_one_capital_letter_or_digit(name: str, is_reference: bool) -> None:
    found = find_references({name: Path(name)}, "test.en-de", "de")
    assert found == ([Path(name)] if is_reference else [])


def test_what_is_left_aside_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        warn_of_references("pairs", [])
        warn_of_references("pairs", [Path("a/test.A.de"), Path("a/test.B.de")])
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith("Problem pairs: test.A.de, test.B.de are not read")
