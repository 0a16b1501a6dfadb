"""Where memory runs out, it is said so, and of what; other errors go on."""

import pytest
import tensorflow as tf

from t2t_mm.errors import UserError
from t2t_mm.run.device_memory import DeviceMemoryError, tell_exhaustion


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError("Unable to allocate 12 GiB"), "Unable to allocate 12 GiB"),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory, 12 bytes.\nMore"), "Out of memory, 12 "),
        (tf.errors.ResourceExhaustedError(None, None, "OOM when allocating a tensor"), ".*OOM "),
    ],
)
def test_what_the_backend_says_and_what_lowers_it(error: Exception, told: str) -> None:
    with (
        pytest.raises(UserError, match=f"too little memory: {told}.*Lower the batch") as found,
        tell_exhaustion("Lower the batch."),
    ):
        raise error
    assert "More" not in str(found.value)
    assert isinstance(found.value, DeviceMemoryError)


def test_other_errors_go_on() -> None:
    with pytest.raises(RuntimeError, match="INTERNAL: something"), tell_exhaustion():
        raise RuntimeError("INTERNAL: something else")
