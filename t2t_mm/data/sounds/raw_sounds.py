"""Sound files as arrays: wav, flac, ogg, mp3 and NIST SPHERE, mono, at one sample rate.

SPHERE that is compressed by shorten needs PyAV (`pip install t2t_mm[audio]`).
"""

from __future__ import annotations

import io
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.sounds import sphere
from t2t_mm.data.sounds.stored_sounds import LOUDEST, resample_sound
from t2t_mm.errors import UserError

Samples = npt.NDArray[np.int16] | npt.NDArray[np.float32]

# Times in transcripts are rounded; a segment may end this much after its file.
_OVERSHOOT_S = 0.5
_EXACT_IN_INT16 = ("PCM_16", "PCM_S8", "PCM_U8", "ULAW", "ALAW")
# Only these can hold samples of another scale than -1 to 1; lossy kinds overshoot it a little.
_OF_ANY_SCALE = ("FLOAT", "DOUBLE")
# A writer that could not go back to its header leaves 2 or 4 GB there for "until the end".
_UNKNOWN_SIZE = 0x7FFFF000
_UNKNOWN_FRAMES = 1 << 62


@dataclass(frozen=True)
class Sound:
    """What a file holds: int16 or float32 (in -1 to 1) of [samples, channels]."""

    samples: Samples
    sample_rate_hz: int

    def mix_to_mono(self, channel: int | None = None) -> Samples:
        """Return [samples] of one channel (counted from 0), or the average of all.

        Raises:
            UserError: If there is no such channel.
        """
        num_channels = self.samples.shape[1]
        if channel is None and num_channels > 1:
            average = self.samples.mean(axis=1, dtype=np.float64)
            if self.samples.dtype == np.int16:
                average = np.rint(average)
            # NumPy 2.5 says of the result that it may hold anything, those before say nothing.
            averaged: Samples = average.astype(self.samples.dtype)  # type: ignore[assignment, unused-ignore]
            return averaged
        if not 0 <= (channel or 0) < num_channels:
            raise UserError(
                "A sound has no such channel",
                expected=f"0 to {num_channels - 1}",
                received={"channel": channel},
            )
        return self.samples[:, channel or 0]


def read_sound(
    source: Path | bytes, sample_rate_hz: int, *, channel: int | None = None, name: str = ""
) -> Samples:
    """Read a sound file as one channel at one sample rate.

    Args:
        source: The file, or its bytes.
        sample_rate_hz: Of the result.
        channel: Which one to take, counted from 0; None for the average of all.
        name: What to call it in messages if bytes are given.

    Returns:
        int16[samples], or float32[samples] in -1 to 1 where the file holds more than 16 bits or
        had another sample rate.

    Raises:
        BadExampleError: Naming the file: it holds no samples, or some that are not finite or far
            beyond -1 to 1.
        UserError: Naming the file: if it is not there, cut short or of an unknown kind, or needs a
            package that is not installed.

    Example:
        >>> import wave
        >>> with wave.open("silence.wav", "wb") as file:
        ...     file.setparams((1, 2, 44_100, 0, "NONE", ""))
        ...     file.writeframes(bytes(2 * 44_100))
        >>> read_sound(Path("silence.wav"), 16_000).shape
        (16000,)
    """
    return RawSoundReader(sample_rate_hz).read(source, channel=channel, name=name)


class RawSoundReader:
    """Reads many sounds at one sample rate and counts those that had another.

    Args:
        sample_rate_hz: Of what is returned.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._rates: Counter[int] = Counter()
        self._last: tuple[Path | bytes, Sound] | None = None

    def read(
        self,
        source: Path | bytes,
        *,
        channel: int | None = None,
        start_s: float = 0.0,
        end_s: float | None = None,
        name: str = "",
    ) -> Samples:
        """Read a file or a segment of it; see `read_sound`.

        Args:
            source: The file, or its bytes. The last one is kept, since segments come in a row.
            channel: Which one to take; None for the average of all.
            start_s: Where the segment begins, in seconds.
            end_s: Where it ends; None for the end of the file.
            name: What to call it in messages if bytes are given.
        """
        if self._last is None or self._last[0] != source:
            self._last = source, decode_sound(source, name)
        sound = self._last[1]
        rate = sound.sample_rate_hz
        duration_s = len(sound.samples) / rate
        name = name or _name_source(source)
        if (end_s or start_s) > duration_s + _OVERSHOOT_S:
            raise UserError(
                f"{name}: a segment lies behind the end of the sound",
                expected=f"at most {duration_s:.2f} seconds",
                received={"start_s": start_s, "end_s": end_s},
            )
        end = None if end_s is None else round(end_s * rate)
        segment = Sound(sound.samples[round(start_s * rate) : end], rate)
        samples = segment.mix_to_mono(channel)
        _check_samples(samples, f"{name} from {start_s:g} s on" if start_s else name)
        self._rates[rate] += 1
        if rate == self.sample_rate_hz:
            return samples
        # Without what the new rate cannot hold, a loud sound may reach beyond 1.
        resampled = resample_sound(samples, rate, self.sample_rate_hz)
        return np.clip(resampled, -1.0, 1.0, out=resampled)

    def describe_resampling(self) -> str:
        """Return how many sounds were resampled, "" if none was."""
        others = {rate: n for rate, n in self._rates.items() if rate != self.sample_rate_hz}
        if not others:
            return ""
        counts = ", ".join(f"{n:,} from {rate:,} Hz" for rate, n in sorted(others.items()))
        return (
            f"{sum(others.values()):,} of {self._rates.total():,} sounds were resampled to "
            f"{self.sample_rate_hz:,} Hz ({counts})."
        )


def decode_sound(source: Path | bytes, name: str = "") -> Sound:
    """Decode a sound file of any kind as it is: all channels, its own sample rate.

    Args:
        source: The file, or its bytes.
        name: What to call it in messages if bytes are given.

    Raises:
        UserError: As `read_sound`.
    """
    name = name or _name_source(source)
    sound = _decode_bytes(source if isinstance(source, bytes) else _read_file(source), name)
    if sound.sample_rate_hz < 1:
        raise UserError(
            f"{name}: the sound cannot be decoded",
            expected="a sample rate of at least 1 Hz in its header",
            received={"sample_rate_hz": sound.sample_rate_hz},
            fix="Copy the file again, or convert it to wav.",
        )
    return sound


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


def _decode_bytes(data: bytes, name: str) -> Sound:
    if not data:
        raise BadExampleError(
            f"{name}: the sound file is empty",
            expected="a sound",
            received={"bytes": 0},
        )
    if data.startswith(sphere.MAGIC):
        return Sound(*sphere.decode_sphere(data, name))
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        _check_wav_length(data, name)
    return _decode_by_soundfile(data, name)


def _name_source(source: Path | bytes) -> str:
    return str(source) if isinstance(source, Path) else "a sound"


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: the sound file cannot be opened",
            expected="a file",
            received={"error": error.strerror},
        ) from None


def _check_samples(samples: Samples, name: str) -> None:
    """Refuse what says nothing, and what has another scale than -1 to 1."""
    if not len(samples):
        raise BadExampleError(f"{name}: the sound is empty", expected="samples")
    if samples.dtype == np.int16:
        return
    if not np.isfinite(samples).all():
        raise BadExampleError(f"{name}: the sound has samples that are not finite")
    if (largest := float(np.abs(samples).max())) > LOUDEST:
        raise BadExampleError(
            f"{name}: the samples of the sound are too large",
            expected="float samples in -1 to 1",
            received={"largest": largest},
        )


def _check_wav_length(data: bytes, name: str) -> None:
    """Refuse a wav file that is shorter than it says: libsndfile reads what there is of it."""
    expected, place = "a wav file with the part 'data'", 12
    while place + 8 <= len(data):
        part, size = struct.unpack_from("<4sI", data, place)
        place += 8 + size
        if part == b"data":
            if place <= len(data) or size >= _UNKNOWN_SIZE:
                return
            expected = f"{place:,} bytes, as its header says"
            break
        place += size % 2
    raise UserError(
        f"{name}: the sound file is cut short",
        expected=expected,
        received={"bytes": len(data)},
        fix="Copy it again.",
    )


def _decode_by_soundfile(data: bytes, name: str) -> Sound:
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if file.frames >= _UNKNOWN_FRAMES:
                raise UserError(
                    f"{name}: the sound file does not say how many samples it has",
                    fix="Write it anew, for example with `ffmpeg -i OLD.flac NEW.flac`.",
                )
            dtype = "int16" if file.subtype in _EXACT_IN_INT16 else "float32"
            # Without the number of frames, it would not read what it cannot wind back, as GSM 6.10.
            samples: Any = file.read(file.frames, dtype=dtype, always_2d=True)
            if len(samples) < file.frames:
                raise UserError(
                    f"{name}: the sound file is cut short",
                    expected=f"{file.frames:,} samples",
                    received={"samples": len(samples)},
                    fix="Copy it again.",
                )
            if dtype == "float32" and file.subtype not in _OF_ANY_SCALE:
                np.clip(samples, -1.0, 1.0, out=samples)
            return Sound(samples, file.samplerate)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise UserError(
            f"{name}: the sound cannot be decoded",
            expected="a whole wav, flac, ogg, mp3 or NIST SPHERE file",
            received={"error": str(error).rpartition(">: ")[2]},
            fix="Copy the file again, or convert it to wav.",
        ) from None
