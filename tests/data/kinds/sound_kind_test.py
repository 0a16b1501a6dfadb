import io
import wave
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from served_values import read_in_graph

from t2t_mm import Audio
from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.kinds.sound_kind import SoundKind
from t2t_mm.data.sounds.stored_sounds import resample_sound
from t2t_mm.errors import UserError
from t2t_mm.settings import DataHParams

KIND = SoundKind(Audio())
STORED = KIND.check(np.zeros(700, np.float32))


def test_a_sound_is_samples_without_ids() -> None:
    assert bytes(1400) == STORED and not KIND.has_ids and not KIND.has_text
    with pytest.raises(BadExampleError):
        KIND.check(np.zeros(0, np.int16))


def test_samples_and_their_rate_are_one_sound_at_the_declared_rate() -> None:
    tone = np.sin(np.arange(8_000) * 0.1).astype(np.float32) * 0.5
    at_16_khz = np.clip(resample_sound(tone, 8_000, 16_000), -1, 1)
    expected = KIND.prepare_input(at_16_khz)
    for given in ((tone, 8_000), (tone.astype(np.float64), np.int64(8_000)), (tone, 8_000.0)):
        assert KIND.is_one_input(given)
        np.testing.assert_allclose(KIND.prepare_input(given), expected, atol=1e-3)
    stereo = np.stack([tone, tone], axis=1)
    np.testing.assert_allclose(KIND.prepare_input((stereo, 8_000)), expected, atol=1e-3)
    np.testing.assert_array_equal(KIND.prepare_input((at_16_khz, 16_000)), expected)
    assert not KIND.is_one_input((tone, tone)) and not KIND.is_one_input([tone, 8_000])


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros(0, np.float32), 8_000, "empty"),
        (np.full(100, 20_000.0), 8_000, "too large"),
        (np.zeros(100, np.float32), 0, "rate_hz=0"),
        (np.zeros(100, np.float32), 1, "1,000 to 384,000 Hz"),
        (np.zeros((2, 2, 2), np.float32), 8_000, "channels"),
        (np.zeros((2, 8_000), np.float32), 8_000, r"more channels than samples.*samples\.T"),
    ],
)
def test_samples_and_a_rate_that_are_no_sound_are_told(
    samples: np.ndarray, rate: int, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        KIND.prepare_input((samples, rate))


@pytest.mark.parametrize(("samples", "number"), [(1, 1), (640, 1), (641, 2)])
def test_a_position_is_40_ms(samples: int, number: int) -> None:
    stored = KIND.check(np.zeros(samples, np.int16))
    assert KIND.measure(stored, ()) == int(KIND.count_positions(tf.constant(stored))) == number


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 44_100])
def test_sounds_are_limited_in_seconds(rate: int) -> None:
    kind = SoundKind(Audio(sample_rate_hz=rate))
    limit = kind.choose_limit(DataHParams(max_seconds=30))
    assert limit is not None and limit.setting == "data.max_seconds=30"
    for seconds, is_kept in ((29.95, True), (30.05, False)):
        positions = kind.measure(bytes(2 * round(rate * seconds)), ())
        assert (positions <= limit.positions) is is_kept
    assert SoundKind(Audio()).choose_limit(DataHParams()) == ("data.max_seconds=30", 750)
    assert kind.choose_limit(DataHParams(max_seconds=0)) is None


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000])
@pytest.mark.parametrize("representation", ["log_mel", "waveform"])
def test_a_batch_holds_the_longest_sound_of_so_many_positions(
    rate: int, representation: str
) -> None:
    kind = SoundKind(Audio(sample_rate_hz=rate, representation=representation))
    for samples in (1, 300, 1000, 3 * rate // 25, 12_345):
        length, *rest = kind.prepare_input(np.ones(samples, np.int16)).shape
        positions = kind.measure(bytes(2 * samples), ())
        most = kind.find_batch_shape(positions)
        assert list(most[1:]) == rest and length <= most[0]
        assert kind.count_read_positions(most) == positions
        if samples > rate // 25:  # of shorter ones there is less than a window
            assert kind.count_read_positions((length,)) in (positions, positions - 1)


def test_a_person_gives_samples_and_a_net_reads_frames() -> None:
    prepared = KIND.prepare_input(np.zeros(16_000, np.float32))
    assert prepared.dtype == np.float32 and prepared.shape == (98, 80)
    assert KIND.size_axes == 1


def test_a_person_sees_seconds_and_a_page_a_wav_file() -> None:
    assert KIND.describe(STORED, "") == {"sound": "0.04 s at 16000 Hz, 1,400 bytes"}
    slow = SoundKind(Audio(sample_rate_hz=8000))
    medium = slow.show(np.array([1, -2, 3], "<i2").tobytes())
    assert (medium.type, medium.suffix) == ("sound", "wav")
    with wave.open(io.BytesIO(medium.content)) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, 3)


@pytest.mark.parametrize("representation", ["log_mel", "waveform"])
def test_in_a_graph_samples_without_their_padding_are_read_as_elsewhere(
    representation: Any,
) -> None:
    kind = SoundKind(Audio(representation=representation))
    noise = np.random.default_rng(0).uniform(-1.05, 1.05, 5_000).astype(np.float32)
    given = {"inputs": np.pad(noise, (0, 99)), "num_samples": 5_000, "sample_rate": 16_000}
    expected = kind.prepare_input(noise)
    np.testing.assert_allclose(read_in_graph(kind, given), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sample_rate": 8_000}, "A sound is not of 16000 Hz: resample it"),
        ({"num_samples": 0}, "A sound is empty"),
        ({"num_samples": 101}, "not a number of its samples"),
        ({"num_samples": -1}, "not a number of its samples"),
        ({"inputs": [np.nan] * 100}, "not in -1 to 1"),
        ({"inputs": [2.0] * 100}, "not in -1 to 1"),
    ],
)
def test_in_a_graph_what_is_no_sound_of_that_rate_is_told(
    changes: dict[str, Any], message: str
) -> None:
    given = {"inputs": [0.5] * 100, "num_samples": 100, "sample_rate": 16_000}
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        read_in_graph(KIND, given | changes)
