"""Sounds as they are stored: little-endian int16 samples, at the declared sample rate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.errors import UserError
from t2t_mm.features import Audio

Samples = npt.NDArray[np.float32]

SECONDS_PER_POSITION = 0.04

_FULL_SCALE = 32767
_ZERO_CROSSINGS = 16
_KAISER_BETA = 9.0
_PASSED = 0.94  # of the lower rate's band; the filter needs the rest to fall off
LOUDEST = 1.1
"""Resampling may overshoot 1 a little, which is clipped; beyond, samples have another scale."""


def store_sound(value: Any) -> bytes:
    """Return the little-endian int16 samples that are stored for a sound.

    Args:
        value: float32[samples] in -1 to 1, or int16[samples]; mono.

    Raises:
        BadExampleError: There are no samples, or some are not finite.
        UserError: The value is no such array.

    Example:
        >>> store_sound(np.array([0.0, 1.0], np.float32)).hex()
        '0000ff7f'
    """
    samples = _check_samples(value)
    if samples.dtype != np.int16:
        samples = np.round(samples.clip(-1.0, 1.0) * _FULL_SCALE)
    stored: bytes = samples.astype("<i2").tobytes()
    return stored


def load_sound(stored: bytes) -> Samples:
    """Return stored samples as float32[samples] in -1 to 1."""
    return np.frombuffer(stored, "<i2").astype(np.float32) / np.float32(_FULL_SCALE)


def count_sound_positions(stored: bytes, spec: Audio) -> int:
    """Count the positions that a stored sound takes in a batch: one per 40 ms."""
    return math.ceil(len(stored) // 2 / count_samples_per_position(spec))


def count_samples_per_position(spec: Audio) -> int:
    """Count the samples of 40 ms."""
    return max(1, round(spec.sample_rate_hz * SECONDS_PER_POSITION))


def resample_sound(samples: Any, from_hz: int, to_hz: int) -> Samples:
    """Return a sound at another sample rate, without what the new rate cannot hold.

    Args:
        samples: float[samples] or int16[samples].
        from_hz: Its rate.
        to_hz: The wanted rate.

    Returns:
        float32[ceil(samples * to_hz / from_hz)], in -1 to 1 for int16.

    Example:
        >>> resample_sound(np.zeros(44_100, np.float32), 44_100, 16_000).shape
        (16000,)

    Source: band-limited interpolation by a windowed sinc, J. O. Smith, "Digital audio resampling".
    """
    sound = np.asarray(samples)
    scale = 1.0 / _FULL_SCALE if sound.dtype == np.int16 else 1.0
    sound = sound.astype(np.float64) * scale
    common = math.gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    if up == down or not sound.size:
        return sound.astype(np.float32)
    return np.asarray(_filter_polyphase(sound, up, down), np.float32)


def _filter_polyphase(sound: Any, up: int, down: int) -> Any:
    """Resample by `up / down`: each of the `up` phases is one short filter of its own."""
    half = _ZERO_CROSSINGS * max(up, down)
    places = np.arange(-half, half + 1)
    cutoff = _PASSED / max(up, down)
    kernel = up * cutoff * np.sinc(cutoff * places) * np.kaiser(2 * half + 1, _KAISER_BETA)
    length = -(-sound.size * up // down)
    reach = half // up + 1
    padded = np.pad(sound, reach)
    result = np.zeros(length)
    for phase in range(min(up, length)):
        # Output n lies `n * down / up` samples into the input: `first`, and `remainder / up` more.
        first, remainder = divmod(phase * down, up)
        outputs = result[phase::up]
        for offset in range(-reach, reach + 1):
            tap = remainder - offset * up
            if abs(tap) <= half:
                inputs = padded[first + offset + reach :: down][: outputs.size]
                outputs += kernel[tap + half] * inputs
    return result


def _check_samples(value: Any) -> Any:
    fits = isinstance(value, np.ndarray) and value.ndim == 1
    if not fits or (value.dtype != np.int16 and value.dtype.kind != "f"):
        received = {"type": type(value).__name__}
        if isinstance(value, np.ndarray):
            received = {"dtype": str(value.dtype), "shape": str(value.shape)}
        raise UserError(
            "The value is no sound",
            expected="one channel of samples: float32[samples] in -1 to 1, or int16[samples]",
            received=received,
        )
    if not value.size:
        raise BadExampleError("The sound is empty", expected="samples")
    if not np.isfinite(value).all():
        raise BadExampleError("The sound has samples that are not finite")
    if value.dtype != np.int16 and np.abs(value).max() > LOUDEST:
        raise UserError(
            "The samples of the sound are too large",
            expected="float samples in -1 to 1, or int16",
            received={"largest": float(np.abs(value).max())},
        )
    return value
