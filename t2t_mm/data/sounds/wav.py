"""wav files: 16-bit PCM is read and written; any wav file that is cut short is noticed."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from t2t_mm.errors import UserError

_PCM, _EXTENSIBLE = 1, 0xFFFE
# A writer that could not go back to its header leaves 2 or 4 GB there for "until the end".
_UNKNOWN_SIZE = 0x7FFFF000


def is_wav(data: bytes) -> bool:
    """Return whether a file begins as a wav file does."""
    return data[:4] == b"RIFF" and data[8:12] == b"WAVE"


def encode_wav(samples: npt.NDArray[np.int16], sample_rate_hz: int) -> bytes:
    """Encode int16[samples] as a wav file of one channel.

    Example:
        >>> decode_wav(encode_wav(np.array([1, -2], np.int16), 8000), "a.wav")
        (array([[ 1],
               [-2]], dtype=int16), 8000)
    """
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def decode_wav(data: bytes, name: str) -> tuple[npt.NDArray[np.int16], int] | None:
    """Decode a wav file of 16-bit PCM.

    Args:
        data: The whole file.
        name: The file, for messages.

    Returns:
        int16[samples, channels] and the samples per second; None for another coding.

    Raises:
        UserError: If the file is shorter than it says, whatever its coding: libsndfile reads what
            there is of it and says nothing.
    """
    chunks = dict(_read_chunks(data))
    if b"fmt " not in chunks or b"data" not in chunks or len(data[slice(*chunks[b"fmt "])]) < 16:
        raise _make_cut_short_error(name, "a wav file with the parts 'fmt ' and 'data'", len(data))
    fmt = data[slice(*chunks[b"fmt "])]
    begin, end = chunks[b"data"]
    tag, num_channels, rate, _, _, bits = struct.unpack("<HHIIHH", fmt[:16])
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        tag = struct.unpack("<H", fmt[24:26])[0]
    if end - begin >= _UNKNOWN_SIZE:
        end = len(data)
    elif end > len(data):
        raise _make_cut_short_error(name, f"{end:,} bytes, as its header says", len(data))
    if tag != _PCM or bits != 16 or not num_channels:
        return None
    end = begin + (end - begin) // (2 * num_channels) * (2 * num_channels)
    samples = np.frombuffer(data[begin:end], "<i2").astype(np.int16).reshape(-1, num_channels)
    return samples, rate


def _read_chunks(data: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield the name of each part of a wav file and where it begins and ends."""
    place = 12
    while place + 8 <= len(data):
        name, size = struct.unpack("<4sI", data[place : place + 8])
        yield name, (place + 8, place + 8 + size)
        if name == b"data":  # what follows does not matter, and its size may be unknown
            return
        place += 8 + size + size % 2


def _make_cut_short_error(name: str, expected: str, received: int) -> UserError:
    return UserError(
        f"{name}: the sound file is cut short",
        expected=expected,
        received={"bytes": received},
        fix="Copy it again.",
    )
