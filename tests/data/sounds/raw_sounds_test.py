"""Raw sounds of every kind as mono arrays of one sample rate."""

import io
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sound_fixtures import sphere_bytes, tone, wav_bytes

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.sounds import sound_files
from t2t_mm.data.sounds.raw_sounds import RawSoundReader, read_sound
from t2t_mm.data.sounds.sound_files import LONGEST_S
from t2t_mm.data.sounds.stored_sounds import resample_sound
from t2t_mm.errors import UserError

STEREO = np.array([[2, 4], [-3, 4], [100, -100]], np.int16)


def encoded(samples, rate=16_000, **options):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **options)
    return file.getvalue()


@pytest.mark.parametrize("data", [wav_bytes(tone()), sphere_bytes(tone())], ids=["wav", "sphere"])
def test_a_file_and_its_bytes_are_the_same(tmp_path, monkeypatch, data):
    monkeypatch.setitem(sys.modules, "av", None)
    path = tmp_path / "a.sound"
    path.write_bytes(data)
    for source in (path, data):
        samples = read_sound(source, 16_000)
        assert samples.dtype == np.int16
        np.testing.assert_array_equal(samples, tone())


@pytest.mark.parametrize("format", ["FLAC", "WAV"])
def test_sixteen_bits_are_kept_exactly(format):
    samples = read_sound(encoded(tone(), format=format), 16_000)
    assert samples.dtype == np.int16
    np.testing.assert_array_equal(samples, tone())


@pytest.mark.parametrize(
    "options",
    [
        {"format": "WAV", "subtype": "PCM_24"},
        {"format": "WAV", "subtype": "FLOAT"},
        {"format": "FLAC", "subtype": "PCM_24"},
        {"format": "OGG"},
    ],
)
def test_finer_and_lossy_kinds_are_floats(options):
    samples = read_sound(encoded(tone() / 32768, **options), 16_000)
    assert samples.dtype == np.float32
    tolerance = 0.05 if options["format"] == "OGG" else 1e-6
    np.testing.assert_allclose(samples[100:700], tone()[100:700] / 32768, atol=tolerance)


def test_channels_are_averaged_or_chosen(tmp_path):
    data = wav_bytes(STEREO)
    np.testing.assert_array_equal(read_sound(data, 16_000), [3, 0, 0])
    np.testing.assert_array_equal(read_sound(data, 16_000, channel=1), [4, 4, -100])
    path = tmp_path / "1.wav"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"1\.wav has no such channel.*0 to 1"):
        read_sound(path, 16_000, channel=2)


def test_other_sample_rates_are_converted_and_counted():
    reader = RawSoundReader(16_000)
    reader.read(wav_bytes(tone()))
    assert reader.describe_resampling() == ""
    for rate in (8_000, 44_100, 8_000):
        samples = reader.read(wav_bytes(tone(rate, rate=rate), rate))
        assert samples.dtype == np.float32
        np.testing.assert_allclose(samples[500:15500], tone(16_000)[500:15500] / 32768, atol=2e-3)
    assert reader.describe_resampling() == (
        "3 of 4 sounds were resampled to 16,000 Hz (2 from 8,000 Hz, 1 from 44,100 Hz)."
    )


def test_segments_in_seconds_of_the_file(tmp_path):
    path = tmp_path / "long.wav"
    path.write_bytes(wav_bytes(tone(16_000)))
    reader = RawSoundReader(16_000)
    np.testing.assert_array_equal(
        reader.read(path, start_s=0.25, end_s=0.5), tone(16_000)[4000:8000]
    )
    np.testing.assert_array_equal(reader.read(path, start_s=0.9, end_s=1.2), tone(16_000)[14400:])
    np.testing.assert_array_equal(reader.read(path, start_s=0.5), tone(16_000)[8000:])
    with pytest.raises(UserError, match=r"long\.wav: a segment lies behind.*1\.00 seconds"):
        reader.read(path, start_s=0.5, end_s=2.0)


def test_silent_files_are_read():
    np.testing.assert_array_equal(read_sound(wav_bytes(np.zeros(5, np.int16)), 16_000), [0] * 5)


@pytest.mark.parametrize(
    "data, message",
    [
        (wav_bytes(tone(0)), "the sound is empty"),
        (sphere_bytes(tone(0), 8_000), "the sound is empty"),
        (encoded(np.array([0.0, np.nan]), format="WAV", subtype="FLOAT"), "not finite"),
        (encoded(tone() / 10.0, format="WAV", subtype="FLOAT"), "too large.*largest=1(600|599)"),
    ],
)
def test_a_file_that_holds_no_sound_is_a_bad_example_with_its_name(tmp_path, data, message):
    path = tmp_path / "none.wav"
    path.write_bytes(data)
    with pytest.raises(BadExampleError, match=rf"none\.wav: .*{message}"):
        read_sound(path, 16_000)


def test_a_segment_without_sound_is_named_with_its_begin():
    with pytest.raises(BadExampleError, match=r"a\.wav from 1\.2 s on: the sound is empty"):
        RawSoundReader(16_000).read(wav_bytes(tone(16_000)), start_s=1.2, name="a.wav")


def test_what_overshoots_is_clipped():
    loud = np.where(np.random.default_rng(1).random(44_100) < 0.5, 32_767, -32_767)
    samples = read_sound(wav_bytes(loud.astype(np.int16), 44_100), 16_000)
    assert np.abs(samples).max() == 1.0
    assert np.abs(resample_sound(loud.astype(np.int16), 44_100, 16_000)).max() > 1.1
    lossy = encoded(loud / 32_767, 44_100, format="OGG")
    assert np.abs(read_sound(lossy, 44_100)).max() == 1.0


def test_a_recording_above_30_minutes_is_read_by_segments_alone(tmp_path):
    path = tmp_path / "long.wav"
    samples = np.zeros((LONGEST_S + 1) * 1_000, np.int16)
    samples[1_700_000:1_701_000] = tone(1_000)
    path.write_bytes(wav_bytes(samples, 1_000))
    reader = RawSoundReader(1_000)
    with pytest.raises(BadExampleError, match=r"long\.wav: .*at most 30 minutes, or segments"):
        reader.read(path)
    for _ in range(2):
        np.testing.assert_array_equal(reader.read(path, start_s=1_700, end_s=1_701), tone(1_000))
    assert len(reader.read(path, start_s=1_700)) == 101_000
    with pytest.raises(BadExampleError, match=r"long\.wav: a segment lies behind"):
        reader.read(path, start_s=1_801, end_s=1_802)


def test_segments_of_a_long_recording_are_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_files, "LONGEST_S", 1)
    (tmp_path / "long.wav").write_bytes(wav_bytes(tone(16_000 * 4)))
    reader = RawSoundReader(16_000)
    tracemalloc.start()
    for _ in range(20):
        assert len(reader.read(tmp_path / "long.wav", start_s=1.0, end_s=2.0)) == 16_000
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 5 * 32_000
