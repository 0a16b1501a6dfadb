"""One sound file of every kind: as it is, or refused with its name."""

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sound_fixtures import sphere_bytes, tone, wav_bytes

from t2t_mm.data.declaring.bad_examples import BadExampleError
from t2t_mm.data.sounds import sound_files
from t2t_mm.data.sounds.sound_files import LongSoundError, check_rate, decode_sound, encode_wav
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


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_S8"])
@pytest.mark.parametrize("channels", [1, 2])
def test_flac_out_of_a_pipe_is_read_to_its_end(subtype, channels):
    whole = encoded(np.stack([tone(9_000)] * channels, axis=1), format="FLAC", subtype=subtype)
    expected = decode_sound(whole).samples
    sound = decode_sound(forget_length(whole))
    assert sound.samples.dtype == expected.dtype and expected.shape == (9_000, channels)
    np.testing.assert_array_equal(sound.samples, expected)
    part = decode_sound(forget_length(whole), start_s=0.25, end_s=0.5).samples
    np.testing.assert_array_equal(part, expected[4_000:8_000])


def test_of_a_long_sound_segments_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(sound_files, "LONGEST_S", 1)
    monkeypatch.setattr(sound_files, "_LARGEST_READ_WHOLE", 100)
    long = np.stack([tone(20_000, rate=8_000), tone(20_000)], axis=1)
    files = {
        "a.wav": wav_bytes(long, 8_000),
        "a.flac": encoded(long, 8_000, format="FLAC"),
        "piped.flac": forget_length(encoded(long, 8_000, format="FLAC")),
        "a.ogg": encoded(long, 8_000, format="OGG"),
        "gsm.wav": encoded(long[:, 0], 8_000, format="WAV", subtype="GSM610"),
        "a.sph": sphere_bytes(long, 8_000),
    }
    for name, data in files.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(LongSoundError, match=rf"{name}: the sound is too long"):
            decode_sound(path)
        if name == "piped.flac":  # it cannot be wound
            continue
        part = decode_sound(path, start_s=1.25, end_s=2.0).samples
        assert len(part) == 6_000
        if name.startswith("a.") and name != "a.ogg":
            np.testing.assert_array_equal(part, long[10_000:16_000])
        else:
            assert np.corrcoef(part[:, 0], long[10_000:16_000, 0])[0, 1] > 0.9


def make_mp3(num_samples: int, rate: int = 16_000) -> tuple[bytes, bytes]:
    """Return an mp3 whose first half is nearly silent, and the same without its count of frames."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, num_samples)
    noise[: num_samples // 2] *= 1e-3
    whole = encoded(noise, rate, format="MP3", bitrate_mode="VARIABLE")
    return whole, whole[whole.index(whole[:2], 4) :]


def test_mp3_that_does_not_count_its_frames_is_read_to_its_end():
    for rate in (16_000, 44_100):
        counted, uncounted = make_mp3(4 * rate, rate)
        assert soundfile.info(io.BytesIO(uncounted)).frames != 4 * rate
        assert len(decode_sound(counted).samples) == 4 * rate
        samples = decode_sound(uncounted).samples
        assert 4 * rate <= len(samples) < 4 * rate + 3_000  # what the encoder puts around it
        loud = np.abs(samples).max() / 10
        assert np.argmax(np.abs(samples) > loud) == pytest.approx(2 * rate, abs=2_000)
        part = decode_sound(uncounted, start_s=2.5, end_s=3.5).samples
        np.testing.assert_allclose(part, samples[5 * rate // 2 : 7 * rate // 2], atol=1e-6)
        with pytest.raises(BadExampleError, match=r"behind the end of the sound.*at most 4\."):
            decode_sound(uncounted, start_s=9.0)
    with pytest.raises(BadExampleError, match="cut short"):
        decode_sound(counted[: len(counted) // 2])


def test_of_a_long_mp3_without_a_count_segments_are_read(monkeypatch):
    monkeypatch.setattr(sound_files, "LONGEST_S", 1)
    _, uncounted = make_mp3(32_000)
    with pytest.raises(LongSoundError):
        decode_sound(uncounted)
    with pytest.raises(LongSoundError):
        decode_sound(uncounted, start_s=0.5, end_s=1.75)
    assert len(decode_sound(uncounted, start_s=1.25, end_s=2.0).samples) == 12_000


def test_rates_are_bounded():
    for rate in (1_000, 44_100, 384_000):
        check_rate(rate, "a.wav")
    for rate in (0, 999, 384_001, float("nan")):
        with pytest.raises(BadExampleError, match=r"a\.wav: .*1,000 to 384,000"):
            check_rate(rate, "a.wav")


def test_a_long_sound_of_two_channels_is_averaged_in_blocks(monkeypatch):
    monkeypatch.setattr(sound_files, "_AT_ONCE", 1000)
    stereo = np.random.default_rng(0).integers(-(2**15), 2**15, (4_321, 2)).astype(np.int16)
    expected = np.rint(stereo.astype(float).mean(axis=1))
    np.testing.assert_array_equal(sound_files.Sound(stereo, 8_000).mix_to_mono(), expected)


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
        (b"no sound at all", "cannot be decoded"),
        (wav_bytes(tone(), 0), "cannot be decoded"),
        (wav_bytes(tone(), 999), "1,000 to 384,000 Hz.*sample_rate_hz=999"),
        (wav_bytes(tone(), 384_001), "sample_rate_hz=384001"),
        (wav_bytes(tone(), 0x7FFFFFFF), "cannot be decoded"),
        (sphere_bytes(tone(), 384_001), "sample_rate_hz=384001"),
        (sphere_bytes(tone(), 0), "cannot be decoded.*sample_rate_hz=0"),
        (sphere_bytes(tone(), -8_000), "cannot be decoded.*sample_rate_hz=-8000"),
    ],
)
def test_broken_files_are_named(tmp_path, data, message):
    path = tmp_path / "broken.wav"
    path.write_bytes(data)
    with pytest.raises(BadExampleError, match=rf"broken\.wav: .*({message})"):
        decode_sound(path)


def test_an_empty_file_is_a_bad_example(tmp_path):
    (tmp_path / "empty.wav").touch()
    with pytest.raises(BadExampleError, match=r"empty\.wav: the sound file is empty"):
        decode_sound(tmp_path / "empty.wav")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"absent\.wav: .*No such file"):
        decode_sound(tmp_path / "absent.wav")


def test_a_file_that_is_not_there_is_a_bad_example_and_one_that_cannot_be_read_is_not(
    tmp_path: Path,
) -> None:
    link = tmp_path / "a.wav"
    link.symlink_to("nowhere")
    with pytest.raises(BadExampleError, match=r"a\.wav: the sound file cannot be opened"):
        decode_sound(link)
    with pytest.raises(UserError, match="cannot be opened") as caught:
        decode_sound(tmp_path)
    assert not isinstance(caught.value, BadExampleError)
