import tracemalloc
from typing import Any

import numpy as np
import pytest
import soxr
import tensorflow as tf

from t2t_mm import UserError
from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.sounds.stored_sounds import (
    quantize_tensor,
    resample_sound,
    store_sound,
)


def sine(frequency_hz: float, rate_hz: int, seconds: float = 1.0) -> Any:
    times = np.arange(int(rate_hz * seconds)) / rate_hz
    return np.sin(2 * np.pi * frequency_hz * times).astype(np.float32)


def load_sound(stored: bytes) -> Any:
    return np.frombuffer(stored, "<i2") / 32767


def test_integers_are_stored_as_they_are() -> None:
    samples = np.array([0, 1, -1, 32767, -32768], np.int16)
    assert store_sound(samples) == bytes.fromhex("0000 0100 ffff ff7f 0080")


def test_floats_come_back_within_half_a_step() -> None:
    samples = sine(100, 8000)
    assert np.abs(load_sound(store_sound(samples)) - samples).max() <= 0.5 / 32767 + 1e-7


def test_a_little_overshoot_is_clipped() -> None:
    samples = np.array([1.05, -1.05], np.float32)
    np.testing.assert_array_equal(load_sound(store_sound(samples)), [1.0, -1.0])


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(0, np.float32), "The sound is empty"),
        (np.array([0.0, np.nan], np.float32), "samples that are not finite"),
        (np.array([np.inf], np.float32), "samples that are not finite"),
    ],
)
def test_a_sound_that_says_nothing_is_a_bad_example(samples: Any, message: str) -> None:
    with pytest.raises(BadExampleError, match=message):
        store_sound(samples)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros((10, 2), np.int16), r"is no sound.*one channel.*shape='\(10, 2\)'"),
        (np.zeros(10, np.int32), "Received: dtype='int32'"),
        ([0.0, 0.1], "Received: type='list'"),
        (np.array([5.0], np.float32), "too large.*Received: largest=5.0"),
    ],
)
def test_what_is_no_sound_is_the_problems_fault(value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        store_sound(value)
    assert not isinstance(error.value, BadExampleError)


def test_silence_is_a_sound() -> None:
    assert store_sound(np.zeros(3, np.float32)) == bytes(6)


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(44_100, 16_000), (48_000, 16_000), (8_000, 16_000), (22_050, 16_000)]
)
def test_a_tone_stays_the_same_tone_at_another_rate(from_hz: int, to_hz: int) -> None:
    received = resample_sound(sine(1000, from_hz), from_hz, to_hz)
    assert received.dtype == np.float32 and received.shape == (to_hz,)
    inner = slice(to_hz // 20, -to_hz // 20)
    assert np.abs(received - sine(1000, to_hz))[inner].max() < 1e-4


def test_what_the_new_rate_cannot_hold_does_not_come_back_as_another_tone() -> None:
    above = resample_sound(sine(9000, 44_100), 44_100, 16_000)
    assert np.abs(above[800:-800]).max() < 1e-3


def test_resampling_takes_integers_and_short_sounds() -> None:
    assert (
        np.abs(resample_sound(np.full(4000, 16_384, np.int16), 8000, 16_000)[400:-400] - 0.5).max()
        < 1e-3
    )
    assert resample_sound(np.zeros(0, np.float32), 8000, 16_000).shape == (0,)
    assert resample_sound(np.ones(2, np.float32), 48_000, 16_000).shape == (1,)
    np.testing.assert_array_equal(resample_sound(sine(50, 8000), 8000, 8000), sine(50, 8000))


@pytest.mark.parametrize("num_samples", [65_535, 65_536, 65_537, 200_000])
@pytest.mark.parametrize(("from_hz", "to_hz"), [(44_100, 16_000), (8_000, 16_000)])
def test_blocks_leave_no_trace(num_samples: int, from_hz: int, to_hz: int) -> None:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, num_samples).astype(np.float32)
    received = resample_sound(samples, from_hz, to_hz)
    assert len(received) == round(num_samples * to_hz / from_hz)
    np.testing.assert_allclose(received, soxr.resample(samples, from_hz, to_hz), atol=1e-6)


def test_a_long_sound_needs_little_memory_beside_itself_and_the_result() -> None:
    ten_minutes = np.zeros(600 * 44_100, np.int16)
    tracemalloc.start()
    resampled = resample_sound(ten_minutes, 44_100, 16_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert resampled.shape == (600 * 16_000,)
    assert peak < 1.1 * resampled.nbytes


def test_in_a_graph_samples_are_rounded_as_they_are_stored() -> None:
    samples = np.linspace(-1.1, 1.1, 4_001, dtype=np.float32)
    quantized = tf.function(quantize_tensor)(samples).numpy()
    assert quantized.astype("<i2").tobytes() == store_sound(samples)
