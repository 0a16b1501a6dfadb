"""Sounds as the net reads them: a standardised waveform or log-mel spectrogram.

    int16[samples] -> windows of 25 ms every 10 ms -> power per mel band -> logarithm, mean 0

TensorFlow is imported when a function is called: declaring sounds needs none.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from t2t_mm.features import Audio

if TYPE_CHECKING:
    import tensorflow as tf

WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.010
LOWEST_HZ = 80.0

# Below the power of the last bit of int16, so that only digital silence lies on the floor.
_POWER_FLOOR = 1e-6
# A band that does not change is 0 in all frames, whatever its noise.
_SMALLEST_DEVIATION = 0.1
_SMALLEST_AMPLITUDE = 1e-4
_MOST_FREQUENCIES = 1 << 14


def make_sound_input(stored: tf.Tensor, spec: Audio) -> tf.Tensor:
    """Return a stored sound as the net reads it.

    Args:
        stored: string[], little-endian int16 samples.
        spec: The declared feature.

    Returns:
        log_mel: float32[frames, bands], each band with mean 0 and deviation 1 over the sound.
        waveform: float32[samples] with mean 0 and deviation 1. Silence is 0 in both.
    """
    import tensorflow as tf

    samples = tf.cast(tf.io.decode_raw(stored, tf.int16), tf.float32) / 32767.0
    if spec.representation == "waveform":
        return _standardise(samples, _SMALLEST_AMPLITUDE)
    return _standardise(compute_log_mel(samples, spec), _SMALLEST_DEVIATION)


def compute_log_mel(samples: tf.Tensor, spec: Audio) -> tf.Tensor:
    """Return the logarithm of the power in each mel band and window.

    Args:
        samples: float32[samples]; a sound shorter than a window counts as one.
        spec: The declared feature.

    Returns:
        float32[frames, bands], frames = 1 + (samples - window) // hop.
    """
    import tensorflow as tf

    window, hop = choose_window_and_hop(spec)
    samples = tf.pad(samples, [[0, tf.maximum(0, window - tf.size(samples))]])
    bands = make_mel_weights(spec)
    fft_length = 2 * (bands.shape[0] - 1)
    spectrum = tf.signal.stft(samples, window, hop, fft_length)
    power = tf.square(tf.math.real(spectrum)) + tf.square(tf.math.imag(spectrum))
    return tf.math.log(tf.matmul(power, tf.constant(bands)) + _POWER_FLOOR)


def choose_window_and_hop(spec: Audio) -> tuple[int, int]:
    """Return the lengths of a window and of the step between two, in samples."""
    rate = spec.sample_rate_hz
    return max(1, round(rate * WINDOW_SECONDS)), max(1, round(rate * HOP_SECONDS))


@functools.lru_cache
def make_mel_weights(spec: Audio) -> Any:
    """Return how much of each frequency goes into each band: float32[frequencies, bands].

    The frequencies are those of the smallest power of two, from the window's length on, that is
    fine enough for every band to have one.
    """
    import tensorflow as tf

    window, _ = choose_window_and_hop(spec)
    nyquist = spec.sample_rate_hz / 2
    frequencies = 1 + max(1, (1 << (window - 1).bit_length()) // 2)
    with tf.init_scope():
        while True:
            weights = tf.signal.linear_to_mel_weight_matrix(
                spec.num_bands,
                frequencies,
                spec.sample_rate_hz,
                min(LOWEST_HZ, nyquist / 2),
                nyquist,
            ).numpy()
            if np.all(weights.max(axis=0) > 0.0) or frequencies > _MOST_FREQUENCIES:
                return weights
            frequencies = 2 * frequencies - 1


def _standardise(values: tf.Tensor, smallest_deviation: float) -> tf.Tensor:
    import tensorflow as tf

    mean, variance = tf.nn.moments(values, axes=[0])
    return (values - mean) / tf.maximum(tf.sqrt(variance), smallest_deviation)
