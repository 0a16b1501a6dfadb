"""Sound files of every kind as mono arrays of one sample rate."""

import io
import struct
import sys
import wave

import numpy as np
import pytest
import soundfile
from sound_fixtures import sphere_bytes, tone, wav_bytes

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.sounds.raw_sounds import (
    RawSoundReader,
    decode_sound,
    encode_wav,
    read_sound,
)
from t2t_mm.data.sounds.stored_sounds import resample_sound
from t2t_mm.errors import UserError

STEREO = np.array([[2, 4], [-3, 4], [100, -100]], np.int16)
WITHOUT_LENGTH = (
    wav_bytes(STEREO, 8_000)[:40] + struct.pack("<I", 0xFFFFFFFF) + wav_bytes(STEREO, 8_000)[44:]
)
EXTENSION = struct.pack("<HHI", 22, 16, 4) + bytes.fromhex("0100000000001000800000aa00389b71")


def encoded(samples, rate=16_000, **options):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, **options)
    return file.getvalue()


def make_wav(fmt: bytes, body: bytes, *before: tuple[bytes, bytes]) -> bytes:
    """Build a wav file with other parts before its samples."""
    parts = b"WAVE"
    for name, content in ((b"fmt ", fmt), *before, (b"data", body)):
        parts += name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


def make_format(tag: int = 1, channels: int = 1, more: bytes = b"") -> bytes:
    return struct.pack("<HHIIHH", tag, channels, 8_000, 16_000 * channels, 2 * channels, 16) + more


def forget_length(flac: bytes) -> bytes:
    """Return a flac file out of a pipe: the 36 bits of its header that count samples are 0."""
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]


@pytest.mark.parametrize("data", [wav_bytes(tone()), sphere_bytes(tone())], ids=["wav", "sphere"])
def test_a_file_and_its_bytes_are_the_same(tmp_path, monkeypatch, data):
    monkeypatch.setitem(sys.modules, "av", None)
    path = tmp_path / "a.sound"
    path.write_bytes(data)
    for source in (path, data):
        samples = read_sound(source, 16_000)
        assert samples.dtype == np.int16
        np.testing.assert_array_equal(samples, tone())


def test_what_is_written_others_read():
    data = encode_wav(np.array([1, -2, 300], np.int16), 8_000)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8_000)
        assert file.readframes(9) == b"\1\0\xfe\xff\x2c\1"
    assert data == wav_bytes(np.array([1, -2, 300], np.int16), 8_000)


@pytest.mark.parametrize(
    "data, samples",
    [
        (wav_bytes(STEREO, 8_000), STEREO),
        (make_wav(make_format(), b"\1\0\2\0", (b"LIST", b"odd")), [[1], [2]]),
        (make_wav(make_format(channels=2), bytes(range(7))), [[0x0100, 0x0302]]),
        (make_wav(make_format(0xFFFE, more=EXTENSION), b"\1\0"), [[1]]),
        (WITHOUT_LENGTH, STEREO),
    ],
    ids=["stereo", "odd part before", "half a sample", "extensible", "without length"],
)
def test_samples_and_channels_of_wav_come_as_they_are(data, samples):
    sound = decode_sound(data)
    assert (sound.samples.dtype, sound.sample_rate_hz) == (np.int16, 8_000)
    np.testing.assert_array_equal(sound.samples, samples)


@pytest.mark.parametrize("subtype", ["GSM610", "NMS_ADPCM_16", "IMA_ADPCM", "G721_32"])
def test_telephony_is_read_though_it_cannot_be_wound_back(subtype):
    sound = decode_sound(encoded(tone(8_000, rate=8_000), 8_000, format="WAV", subtype=subtype))
    assert 8_000 <= len(sound.samples) < 8_400
    assert np.corrcoef(sound.samples[:8_000, 0], tone(8_000, rate=8_000))[0, 1] > 0.95


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


def test_channels_are_averaged_or_chosen():
    data = wav_bytes(STEREO)
    np.testing.assert_array_equal(read_sound(data, 16_000), [3, 0, 0])
    np.testing.assert_array_equal(read_sound(data, 16_000, channel=1), [4, 4, -100])
    with pytest.raises(UserError, match="0 to 1"):
        read_sound(data, 16_000, channel=2)


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


@pytest.mark.parametrize(
    "data, message",
    [
        (wav_bytes(tone())[:-100], "cut short"),
        (encoded(tone(), format="WAV", subtype="FLOAT")[:-100], "cut short"),
        (wav_bytes(tone())[:20], "cut short"),
        (wav_bytes(tone())[:-1], r"cut short.*1,644 bytes.*bytes=1643"),
        (encoded(tone(), format="WAV", subtype="GSM610")[:-2], "cut short"),
        (make_wav(b"short", b"\1\0"), "cannot be decoded"),
        (encoded(tone(), format="FLAC")[:-300], "cannot be decoded|cut short"),
        (forget_length(encoded(tone(), format="FLAC")), "does not say how many samples"),
        (b"no sound at all", "cannot be decoded"),
        (wav_bytes(tone(), 0), "cannot be decoded"),
        (sphere_bytes(tone(), 0), "cannot be decoded.*sample_rate_hz=0"),
        (sphere_bytes(tone(), -8_000), "cannot be decoded.*sample_rate_hz=-8000"),
    ],
)
def test_broken_files_are_named(tmp_path, data, message):
    path = tmp_path / "broken.wav"
    path.write_bytes(data)
    with pytest.raises(UserError, match=rf"broken\.wav: .*({message})"):
        decode_sound(path)


def test_an_empty_file_is_a_bad_example(tmp_path):
    (tmp_path / "empty.wav").touch()
    with pytest.raises(BadExampleError, match=r"empty\.wav: the sound file is empty"):
        decode_sound(tmp_path / "empty.wav")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"absent\.wav: .*No such file"):
        decode_sound(tmp_path / "absent.wav")
