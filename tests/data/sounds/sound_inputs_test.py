from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from t2t_mm import Audio
from t2t_mm.data.sounds.sound_inputs import compute_log_mel, make_mel_weights, make_sound_input
from t2t_mm.data.sounds.stored_sounds import store_sound

LOG_MEL = Audio()
WAVEFORM = Audio(representation="waveform")


def prepare_sound(samples: Any, spec: Audio) -> Any:
    return make_sound_input(tf.constant(store_sound(samples)), spec).numpy()


def noise(samples: int, scale: float = 0.1) -> Any:
    return np.random.default_rng(3).normal(0, scale, samples).astype(np.float32).clip(-1, 1)


@pytest.mark.parametrize(
    ("samples", "frames"), [(1, 1), (400, 1), (559, 1), (560, 2), (16_000, 98)]
)
def test_windows_of_25_ms_come_every_10_ms(samples: int, frames: int) -> None:
    assert prepare_sound(noise(samples), LOG_MEL).shape == (frames, 80)


def test_every_band_has_mean_0_and_deviation_1_over_the_sound() -> None:
    bands = prepare_sound(noise(16_000), LOG_MEL)
    assert bands.dtype == np.float32
    np.testing.assert_allclose(bands.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(bands.std(axis=0), 1, atol=1e-3)


def test_loudness_leaves_the_spectrogram_as_it_is() -> None:
    quiet, loud = (prepare_sound(noise(16_000, scale), LOG_MEL) for scale in (0.05, 0.2))
    assert np.abs(quiet - loud).max() < 0.05


@pytest.mark.parametrize("spec", [LOG_MEL, WAVEFORM])
def test_silence_is_zero(spec: Audio) -> None:
    np.testing.assert_allclose(prepare_sound(np.zeros(8000, np.int16), spec), 0, atol=1e-3)


def test_a_waveform_has_mean_0_and_deviation_1() -> None:
    wave = prepare_sound(noise(8000) * 0.5 + 0.2, WAVEFORM)
    assert wave.shape == (8000,)
    assert abs(wave.mean()) < 1e-4 and abs(wave.std() - 1) < 1e-3


@pytest.mark.parametrize("frequency_hz", [200, 1000, 5000])
def test_a_tone_lights_the_band_of_its_frequency(frequency_hz: float) -> None:
    """The centre of band b is (b + 1) / 81 of the way in mel from 80 Hz to 8 kHz."""
    times = np.arange(16_000) / 16_000
    tone = tf.constant(np.sin(2 * np.pi * frequency_hz * times), tf.float32)
    loudest = int(np.argmax(compute_log_mel(tone, LOG_MEL).numpy()[50]))
    mel, low, high = (1127 * np.log1p(hz / 700) for hz in (frequency_hz, 80, 8000))
    assert abs(loudest + 1 - 81 * (mel - low) / (high - low)) < 1


@pytest.mark.parametrize(
    ("rate_hz", "bands", "frequencies"),
    [(16_000, 80, 257), (8_000, 40, 129), (44_100, 80, 1025), (16_000, 128, 513), (100, 8, 9)],
)
def test_every_band_has_a_frequency(rate_hz: int, bands: int, frequencies: int) -> None:
    weights = make_mel_weights(Audio(sample_rate_hz=rate_hz, num_bands=bands))
    assert weights.shape[1] == bands and weights.shape[0] >= frequencies
    assert (weights.max(axis=0) > 0).all()
    if rate_hz > 100:
        assert weights.shape[0] == frequencies
