"""Sounds as they are stored: little-endian int16 samples, at the declared sample rate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import soxr

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.errors import UserError

if TYPE_CHECKING:
    import tensorflow as tf

Samples = npt.NDArray[np.float32]

_FULL_SCALE = 32767
_SAMPLES_AT_ONCE = 1 << 16
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


def quantize_tensor(samples: tf.Tensor) -> tf.Tensor:
    """Return the int16[samples] that `store_sound` stores of float32[samples], inside a graph.

    What is empty, not finite or of another scale than -1 to 1 is an error there.
    """
    import tensorflow as tf

    fits = tf.reduce_all(tf.abs(samples) <= LOUDEST)  # false for what is no number
    checks = [
        tf.debugging.assert_positive(tf.size(samples), "A sound is empty"),
        tf.debugging.assert_equal(fits, True, "The samples of a sound are not in -1 to 1"),
    ]
    with tf.control_dependencies(checks):
        scaled = tf.clip_by_value(samples, -1.0, 1.0) * _FULL_SCALE
        return tf.cast(tf.round(scaled), tf.int16)


def resample_sound(samples: Any, from_hz: int, to_hz: int) -> Samples:
    """Return a sound at another sample rate, without what the new rate cannot hold.

    It is taken in blocks, so that an hour needs no more memory than itself and the result.

    Args:
        samples: float[samples] or int16[samples].
        from_hz: Its rate.
        to_hz: The wanted rate.

    Returns:
        float32[samples * to_hz / from_hz, rounded], in -1 to 1 for int16; beyond where it was loud
        and has lost what the new rate cannot hold.

    Example:
        >>> resample_sound(np.zeros(44_100, np.float32), 44_100, 16_000).shape
        (16000,)
    """
    sound = np.asarray(samples)
    scale = np.float32(1 / _FULL_SCALE if sound.dtype == np.int16 else 1)
    stream = soxr.ResampleStream(from_hz, to_hz, num_channels=1, dtype="float32")
    resampled = np.empty(math.ceil(len(sound) * to_hz / from_hz), np.float32)
    end = 0
    for start in range(0, len(sound), _SAMPLES_AT_ONCE):
        block = sound[start : start + _SAMPLES_AT_ONCE].astype(np.float32) * scale
        is_last = start + _SAMPLES_AT_ONCE >= len(sound)
        block = stream.resample_chunk(block, last=is_last)
        resampled[end : end + len(block)] = block
        end += len(block)
    return resampled[:end]


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
