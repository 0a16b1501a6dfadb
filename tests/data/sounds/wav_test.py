"""wav files of 16-bit PCM are decoded; others are left to others; none that is cut short passes."""

import io
import struct
import wave

import numpy as np
import pytest
from sound_fixtures import tone, wav_bytes

from t2t_mm.data.sounds.wav import decode_wav, encode_wav, is_wav
from t2t_mm.errors import UserError

STEREO = np.array([[1, -1], [2, -2], [3, -3]], np.int16)


def make_wav(fmt: bytes, body: bytes, *before: tuple[bytes, bytes]) -> bytes:
    """Build a wav file with other parts before its samples."""
    parts = b"WAVE"
    for name, content in ((b"fmt ", fmt), *before, (b"data", body)):
        parts += name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


def make_format(tag: int = 1, channels: int = 1, bits: int = 16, more: bytes = b"") -> bytes:
    size = channels * bits // 8
    return struct.pack("<HHIIHH", tag, channels, 8_000, 8_000 * size, size, bits) + more


def test_a_wav_file_is_known_by_its_begin():
    assert is_wav(wav_bytes(tone()))
    assert not is_wav(b"RIFF\0\0\0\0AVI ") and not is_wav(b"fLaC") and not is_wav(b"")


def test_samples_and_channels_come_as_they_are():
    samples, rate = decode_wav(wav_bytes(STEREO, 44_100), "a.wav")
    assert (samples.dtype, rate) == (np.int16, 44_100)
    np.testing.assert_array_equal(samples, STEREO)


def test_what_is_written_others_read():
    data = encode_wav(np.array([1, -2, 300], np.int16), 8_000)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8_000)
        assert file.readframes(9) == b"\1\0\xfe\xff\x2c\1"
    assert data == wav_bytes(np.array([1, -2, 300], np.int16), 8_000)


def test_parts_of_odd_length_before_the_samples_are_passed_over():
    data = make_wav(make_format(), b"\1\0\2\0", (b"LIST", b"odd"))
    samples, rate = decode_wav(data, "a.wav")
    assert (samples.tolist(), rate) == ([[1], [2]], 8_000)


def test_half_a_sample_at_the_end_is_left_out():
    samples, _ = decode_wav(make_wav(make_format(channels=2), bytes(range(7))), "a.wav")
    assert samples.shape == (1, 2)


def test_the_extensible_form_of_pcm_is_pcm():
    more = struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14)
    samples, _ = decode_wav(make_wav(make_format(0xFFFE, more=more), b"\1\0"), "a.wav")
    assert samples.tolist() == [[1]]


@pytest.mark.parametrize("fmt", [make_format(3, bits=32), make_format(bits=24)])
def test_other_codings_are_left_to_others(fmt):
    assert decode_wav(make_wav(fmt, bytes(12)), "a.wav") is None


def test_a_length_that_was_not_known_means_up_to_the_end():
    data = wav_bytes(tone())
    streamed = data[:40] + struct.pack("<I", 0xFFFFFFFF) + data[44:]
    np.testing.assert_array_equal(decode_wav(streamed, "a.wav")[0][:, 0], tone())


@pytest.mark.parametrize(
    "data",
    [
        wav_bytes(tone())[:-1],
        wav_bytes(tone())[:20],
        make_wav(make_format(3, bits=32), bytes(12))[:-1],
        make_wav(b"short", b"\1\0"),
    ],
)
def test_a_file_that_is_cut_short_is_named(data):
    with pytest.raises(UserError, match=rf"a\.wav: the sound file is cut short.*bytes={len(data)}"):
        decode_wav(data, "a.wav")
