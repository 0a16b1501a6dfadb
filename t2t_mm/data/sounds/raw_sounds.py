"""Raw sounds as problems read them: files or segments of them, mono, at one sample rate.

SPHERE that is compressed by shorten needs PyAV (`pip install t2t_mm[audio]`).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.sounds.sound_files import LongSoundError, Samples, Sound, decode_sound, name_source
from t2t_mm.data.sounds.stored_sounds import LOUDEST, resample_sound


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
        BadExampleError: Naming the file: it cannot be decoded, holds no samples, or some that are
            not finite or far beyond -1 to 1, or more than 30 minutes of them.
        UserError: Naming the file: it is not there, or needs a package that is not installed.

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
        self._last: tuple[Path | bytes, Sound | LongSoundError] | None = None

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
        name = name or name_source(source)
        try:
            sound = self._decode_whole(source, name).cut(start_s, end_s, name)
        except LongSoundError:
            if not start_s and end_s is None:
                raise
            sound = decode_sound(source, name, start_s=start_s, end_s=end_s)
        rate = sound.sample_rate_hz
        samples = sound.mix_to_mono(channel, name)
        _check_samples(samples, f"{name} from {start_s:g} s on" if start_s else name)
        self._rates[rate] += 1
        if rate == self.sample_rate_hz:
            return samples
        # Without what the new rate cannot hold, a loud sound may reach beyond 1.
        resampled = resample_sound(samples, rate, self.sample_rate_hz)
        return np.clip(resampled, -1.0, 1.0, out=resampled)

    def _decode_whole(self, source: Path | bytes, name: str) -> Sound:
        if self._last is None or self._last[0] != source:
            try:
                self._last = source, decode_sound(source, name)
            except LongSoundError as error:  # all its segments would decode it again
                self._last = source, error
        if isinstance(self._last[1], LongSoundError):
            raise self._last[1].with_traceback(None)  # which holds every segment read so far
        return self._last[1]

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
