"""What is said when the memory of a device, or of the machine, runs out, on either backend."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from t2t_mm.errors import UserError


class DeviceMemoryError(UserError):
    """A device has too little memory for what is computed.

    Args:
        told: What the backend says of it.
        fix: What lowers it.
        place: What it is: "device", or "machine" where Python itself gets none.
    """

    def __init__(self, told: str, fix: str = "", place: str = "device") -> None:
        super().__init__(f"The {place} has too little memory: {told}", fix=fix)
        self.place = place
        self.told = told


@contextlib.contextmanager
def tell_exhaustion(fix: str = "") -> Iterator[None]:
    """Name an error of the backend for what it is, where memory ran out in the block.

    Args:
        fix: See `DeviceMemoryError`.

    Raises:
        DeviceMemoryError: Memory ran out. Every other error goes on as it is.

    Example:
        >>> with tell_exhaustion("Lower the batch."):
        ...     raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory, 12 bytes.")
        Traceback (most recent call last):
        ...
        t2t_mm.run.device_memory.DeviceMemoryError: The device has too little memory: Out of \
memory, 12 bytes. Lower the batch.
    """
    try:
        yield
    except MemoryError as error:
        raise DeviceMemoryError(str(error) or "nothing is left", fix, "machine") from error
    except Exception as error:
        first = str(error).partition("\n")[0]
        _, is_named, told = first.partition("RESOURCE_EXHAUSTED: ")
        if not is_named and type(error).__name__ != "ResourceExhaustedError":
            raise
        raise DeviceMemoryError(told or first, fix) from error
