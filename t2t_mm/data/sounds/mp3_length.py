"""Mp3 files that do not say how long they are, so that they are read to their end.

A file may count its frames in a first one called Xing or Info. Of a file without it libsndfile
guesses the length by its size and first frames, and reads no further, though there may be twice as
much.
"""

from __future__ import annotations

import re
import struct

_ID3 = re.compile(rb"ID3...([\x00-\x7f]{4})", re.DOTALL)
_LAYER_3 = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]..", re.DOTALL)
_COUNTED = re.compile(rb"(?:Xing|Info)\0\0\0[\x01\x03\x05\x07\x09\x0b\x0d\x0f]")
_MANY_FRAMES = 0x7FFFFFFF


def say_no_length(data: bytes, sample_rate_hz: int) -> bytes | None:
    """Put a frame before those of an mp3 that says that there are more than any file has.

    What tags stand before its frames is left out.

    Args:
        data: A file of MPEG layer III.
        sample_rate_hz: That of its frames.

    Returns:
        The bytes to read to their end, None for a file that says how long it is.
    """
    start = 0
    while tag := _ID3.match(data, start):
        high, middle, low, lowest = tag[1]
        start += 10 + (high << 21 | middle << 14 | low << 7 | lowest)
    first = _LAYER_3.search(data, start)
    if not first or _COUNTED.search(data, first.start(), first.start() + 200):
        return None
    is_version_1, is_mono = bool(first[0][1] & 8), first[0][3] >> 6 == 3
    num_bytes = (144 * 128_000 if is_version_1 else 72 * 80_000) // sample_rate_hz
    num_before = 17 if is_version_1 == is_mono else 32 if is_version_1 else 9
    # Without a checksum, of 128 or 80 kbit/s, else as the first of the file.
    header = bytes([0xFF, first[0][1] | 1, 0x90 | first[0][2] & 0x0C, first[0][3]])
    frame = header + bytes(num_before) + b"Info" + struct.pack(">II", 1, _MANY_FRAMES)
    return frame.ljust(num_bytes, b"\0") + data[first.start() :]
