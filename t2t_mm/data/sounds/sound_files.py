"""One sound file as an array: wav, flac, ogg, mp3 and NIST SPHERE, as it is or a segment of it."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt
import soundfile

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.sounds import sphere
from t2t_mm.data.sounds.mp3_length import say_no_length
from t2t_mm.errors import UserError

Samples = npt.NDArray[np.int16] | npt.NDArray[np.float32]

LONGEST_S: Final = 30 * 60
SLOWEST_HZ, FASTEST_HZ = 1_000, 384_000
UNKNOWN_FRAMES: Final = 1 << 62
"""From so many on libsndfile does not know how many samples there are."""

# Times in transcripts are rounded; a segment may end this much after its file.
_OVERSHOOT_S = 0.5
_EXACT_IN_INT16 = ("PCM_16", "PCM_S8", "PCM_U8", "ULAW", "ALAW")
# Only these can hold samples of another scale than -1 to 1; lossy kinds overshoot it a little.
_OF_ANY_SCALE = ("FLOAT", "DOUBLE")
# A writer that could not go back to its header leaves 2 or 4 GB there for "until the end".
_UNKNOWN_SIZE = 0x7FFFF000
_LARGEST_READ_WHOLE = 1 << 28
_AT_ONCE = 1 << 20


class LongSoundError(BadExampleError):
    """A sound of more than 30 minutes: segments of it can be read."""


@dataclass(frozen=True)
class Sound:
    """What a file holds: int16 or float32 (in -1 to 1) of [samples, channels]."""

    samples: Samples
    sample_rate_hz: int

    def mix_to_mono(self, channel: int | None = None, name: str = "the sound") -> Samples:
        """Return [samples] of one channel (counted from 0), or the average of all.

        Args:
            channel: Which; None for the average.
            name: Of the sound, for messages.

        Raises:
            UserError: If there is no such channel.
        """
        num_samples, num_channels = self.samples.shape
        if channel is None and num_channels > 1:
            averaged: Samples = np.empty(num_samples, self.samples.dtype)
            for start in range(0, num_samples, _AT_ONCE):  # in double, which takes much memory
                average = self.samples[start : start + _AT_ONCE].mean(axis=1, dtype=np.float64)
                if self.samples.dtype == np.int16:
                    average = np.rint(average)
                averaged[start : start + _AT_ONCE] = average
            return averaged
        if not 0 <= (channel or 0) < num_channels:
            raise UserError(
                f"{name} has no such channel",
                expected=f"0 to {num_channels - 1}",
                received={"channel": channel},
            )
        return self.samples[:, channel or 0]

    def cut(self, start_s: float, end_s: float | None, name: str) -> Sound:
        """Return a segment; see `decode_sound`."""
        rate = self.sample_rate_hz
        begin, end = _find_samples(len(self.samples), rate, start_s, end_s, name)
        return Sound(self.samples[begin:end], rate)


def decode_sound(
    source: Path | bytes, name: str = "", *, start_s: float = 0.0, end_s: float | None = None
) -> Sound:
    """Decode a sound file of any kind as it is: all channels, its own sample rate.

    Args:
        source: The file, or its bytes.
        name: What to call it in messages if bytes are given.
        start_s: Where to begin, in seconds.
        end_s: Where to end; None for the end of the file.

    Raises:
        BadExampleError: Naming the file: it is cut short or of no known kind, its rate is below
            1,000 or above 384,000 Hz, or it has no such segment; a `LongSoundError` if there are
            more than 30 minutes of it.
        UserError: It is not there, or needs a package that is not installed.
    """
    name = name or name_source(source)
    with _open_source(source) as content:
        begin = content.read(12)
        if not begin:
            raise BadExampleError(
                f"{name}: the sound file is empty", expected="a sound", received={"bytes": 0}
            )
        content.seek(0)
        if begin.startswith(sphere.MAGIC):
            return Sound(*sphere.decode_sphere(content.read(), name)).cut(start_s, end_s, name)
        if begin[:4] == b"RIFF" and begin[8:] == b"WAVE":
            _check_wav_length(content, name)
        return _decode_by_soundfile(content, name, start_s, end_s)


def encode_wav(samples: npt.NDArray[np.int16], sample_rate_hz: int) -> bytes:
    """Encode int16[samples] as a wav file of one channel.

    Example:
        >>> decode_sound(encode_wav(np.array([1, -2], np.int16), 8000))
        Sound(samples=array([[ 1],
               [-2]], dtype=int16), sample_rate_hz=8000)
    """
    content = io.BytesIO()
    soundfile.write(content, samples, sample_rate_hz, format="WAV", subtype="PCM_16")
    return content.getvalue()


def name_source(source: Path | bytes) -> str:
    """Return what to call a sound in messages."""
    return str(source) if isinstance(source, Path) else "a sound"


def check_rate(rate_hz: float, name: str) -> None:
    """Refuse a sample rate that is none of a sound: resampling it would fill the memory."""
    if not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
        raise BadExampleError(
            f"{name}: the sound cannot be decoded",
            expected=f"a sample rate of {SLOWEST_HZ:,} to {FASTEST_HZ:,} Hz",
            received={"sample_rate_hz": rate_hz},
        )


def _find_samples(
    num_samples: int, rate_hz: int, start_s: float, end_s: float | None, name: str
) -> tuple[int, int]:
    """Find where a segment begins and ends among the samples of each channel."""
    check_rate(rate_hz, name)
    duration_s = num_samples / rate_hz
    if (end_s or start_s) > duration_s + _OVERSHOOT_S:
        raise BadExampleError(
            f"{name}: a segment lies behind the end of the sound",
            expected=f"at most {duration_s:.2f} seconds",
            received={"start_s": start_s, "end_s": end_s},
        )
    begin = min(round(start_s * rate_hz), num_samples)
    end = num_samples if end_s is None else min(round(end_s * rate_hz), num_samples)
    if end - begin > LONGEST_S * rate_hz:
        raise LongSoundError(
            f"{name}: the sound is too long",
            expected=f"at most {LONGEST_S // 60} minutes, or segments of it",
            received={"minutes": round((end - begin) / rate_hz / 60, 1)},
        )
    return begin, end


def _open_source(source: Path | bytes) -> IO[bytes]:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        # A fault of the disk is told by Python, not from within libsndfile.
        if source.stat().st_size <= _LARGEST_READ_WHOLE:
            return io.BytesIO(source.read_bytes())
        return source.open("rb")
    except OSError as error:
        is_absent = isinstance(error, FileNotFoundError)  # of a link to what is not there
        raise (BadExampleError if is_absent else UserError)(
            f"{source}: the sound file cannot be opened",
            expected="a file",
            received={"error": error.strerror},
        ) from None


def _check_wav_length(content: IO[bytes], name: str) -> None:
    """Refuse a wav file that is shorter than it says: libsndfile reads what there is of it."""
    num_bytes = content.seek(0, io.SEEK_END)
    expected, place = "a wav file with the part 'data'", 12
    while place + 8 <= num_bytes:
        content.seek(place)
        part, size = struct.unpack("<4sI", content.read(8))
        place += 8 + size
        if part == b"data":
            if place <= num_bytes or size >= _UNKNOWN_SIZE:
                content.seek(0)
                return
            expected = f"{place:,} bytes, as its header says"
            break
        place += size % 2
    raise BadExampleError(
        f"{name}: the sound file is cut short",
        expected=expected,
        received={"bytes": num_bytes},
        fix="Copy it again.",
    )


def _decode_by_soundfile(
    content: IO[bytes], name: str, start_s: float, end_s: float | None
) -> Sound:
    try:
        with soundfile.SoundFile(content) as file:
            dtype = "int16" if file.subtype in _EXACT_IN_INT16 else "float32"
            is_of_any_scale = file.subtype in _OF_ANY_SCALE
            if file.frames >= UNKNOWN_FRAMES:
                content.seek(0)
                whole = Sound(_read_to_the_end(content, dtype, name), file.samplerate)
                return whole.cut(start_s, end_s, name)
            if file.format == "MP3" and (frames := _uncount_frames(content, file)):
                return _read_frames(frames, name, start_s, end_s)
            begin, end = _find_samples(file.frames, file.samplerate, start_s, end_s, name)
            skipped = 0 if file.seekable() else begin  # GSM and others are read from the start
            if begin > skipped:
                file.seek(begin)
            # Without the number of samples, it would not read what it cannot wind back.
            samples: Any = file.read(end - begin + skipped, dtype=dtype, always_2d=True)[skipped:]
        if len(samples) < end - begin:
            raise BadExampleError(
                f"{name}: the sound file is cut short",
                expected=f"{end - begin:,} samples",
                received={"samples": len(samples)},
                fix="Copy it again.",
            )
        if dtype == "float32" and not is_of_any_scale:
            np.clip(samples, -1.0, 1.0, out=samples)
        return Sound(samples, file.samplerate)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise BadExampleError(
            f"{name}: the sound cannot be decoded",
            expected="a whole wav, flac, ogg, mp3 or NIST SPHERE file",
            received={"error": str(error).rpartition(">: ")[2]},
            fix="Copy the file again, or convert it to wav.",
        ) from None


class _Stream(soundfile.SoundFile):
    """A sound that was written to a pipe: it does not say how long it is, nor can be wound back."""

    def seekable(self) -> bool:
        """Return that it is not."""
        return False


def _uncount_frames(content: IO[bytes], file: soundfile.SoundFile) -> IO[bytes] | None:
    """Return an mp3 to read to its end; None where its length is known, or it is huge."""
    if file.subtype != "MPEG_LAYER_III" or not isinstance(content, io.BytesIO):
        return None
    frames = say_no_length(content.getvalue(), file.samplerate)
    return io.BytesIO(frames) if frames else None


def _read_frames(frames: IO[bytes], name: str, start_s: float, end_s: float | None) -> Sound:
    """Read a segment of an mp3 of unknown length."""
    with soundfile.SoundFile(frames) as file:
        rate = file.samplerate
    for skipped in (round(start_s * rate), 0):  # from its start, to tell where it ends
        frames.seek(0)
        samples = _read_to_the_end(frames, "float32", name, skipped, end_s)
        if len(samples):
            break
    begin, end = _find_samples(skipped + len(samples), rate, start_s, end_s, name)
    return Sound(np.clip(samples[begin - skipped : end - skipped], -1.0, 1.0), rate)


def _read_to_the_end(
    content: IO[bytes], dtype: str, name: str, skipped: int = 0, end_s: float | None = None
) -> Any:
    """Read the samples after the first `skipped`, as many as a segment has that ends at `end_s`."""
    with _Stream(content) as file:
        check_rate(file.samplerate, name)
        if skipped:
            file.seek(skipped)
        blocks = [np.zeros((0, file.channels), dtype)]
        left = LONGEST_S * file.samplerate + 1  # one more, which tells that it is too long
        if end_s is not None:
            left = min(left, max(round(end_s * file.samplerate) - skipped, 1))
        while left and len(block := file.read(min(left, _AT_ONCE), dtype=dtype, always_2d=True)):
            blocks.append(block)
            left -= len(block)
    return np.concatenate(blocks)
