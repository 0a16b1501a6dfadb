"""The memory of this process, as the system counts it."""

import sys

import numpy as np
import pytest

from t2t_mm.training.memory import resident_bytes


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_what_is_written_to_counts() -> None:
    before = resident_bytes()
    block = np.ones(100_000_000, np.uint8)
    assert 90_000_000 < resident_bytes() - before < 200_000_000
    assert block.sum() == 100_000_000
