"""SPHERE files: what is decoded is what the header tells of, or the file is refused."""

import re

import numpy as np
import pytest
from sound_fixtures import sphere_bytes, tone

from t2t_mm.data.sounds.sphere import decode_sphere, read_sphere_header
from t2t_mm.errors import UserError


@pytest.mark.parametrize("order", ["-s2 01", "-s2 10"])
def test_pcm_of_both_byte_orders(order):
    samples = np.array([0, 1, -1, 256, -32768, 32767], np.int16)
    decoded, rate = decode_sphere(sphere_bytes(samples, sample_byte_format=order), "a.wv1")
    np.testing.assert_array_equal(decoded, samples[:, None])
    assert decoded.dtype == np.int16
    assert rate == 16_000


def test_channels_alternate():
    samples = np.array([[1, 10], [2, 20], [3, 30]], np.int16)
    decoded, _ = decode_sphere(sphere_bytes(samples, 8_000), "a.sph")
    np.testing.assert_array_equal(decoded, samples)


def test_fields_that_old_headers_lack():
    data = sphere_bytes(tone(), sample_coding=None, channel_count=None, sample_checksum=None)
    decoded, _ = decode_sphere(data, "timit.wav")
    np.testing.assert_array_equal(decoded[:, 0], tone())
    header = read_sphere_header(sphere_bytes(tone(), sample_rate="-r 16000.000000"), "a")
    assert (header.sample_rate_hz, header.coding, header.byte_order) == (16_000, "pcm", "<")


def expand_ulaw(code: int) -> int:
    """Return the sample of a mu-law byte, in 16 bits; all its bits are inverted (G.711)."""
    sign, exponent, mantissa = ~code & 0x80, ~code >> 4 & 7, ~code & 15
    magnitude = ((2 * mantissa + 33) * 2**exponent - 33) * 4
    return -magnitude if sign else magnitude


def expand_alaw(code: int) -> int:
    """Return the sample of an A-law byte, in 16 bits; every other bit is inverted (G.711)."""
    sign, exponent, mantissa = (code ^ 0x55) & 0x80, (code ^ 0x55) >> 4 & 7, (code ^ 0x55) & 15
    scaled = 2 * mantissa + 1 if exponent == 0 else (2 * mantissa + 33) * 2 ** (exponent - 1)
    return 8 * scaled if sign else -8 * scaled


@pytest.mark.parametrize(
    "coding, expand, some",
    [
        ("-s4 ulaw", expand_ulaw, {0x00: -32124, 0x7E: -8, 0x7F: 0, 0x80: 32124, 0xEF: 132}),
        ("-s6 mu-law", expand_ulaw, {0xFE: 8, 0xFF: 0}),
        ("-s4 alaw", expand_alaw, {0x55: -8, 0xD5: 8, 0xD4: 24, 0x2A: -32256, 0xC5: 264}),
    ],
)
def test_every_companded_byte_is_the_sample_of_g711(coding, expand, some):
    codes = np.arange(256, dtype=np.uint8)
    decoded, _ = decode_sphere(sphere_bytes(codes, 8_000, sample_coding=coding), "a.sph")
    assert decoded.dtype == np.int16
    assert decoded[:, 0].tolist() == [expand(code) for code in range(256)]
    assert {code: int(decoded[code, 0]) for code in some} == some


def test_companded_channels_alternate():
    codes = np.array([[0x80, 0x00], [0xFF, 0x80]], np.uint8)
    decoded, _ = decode_sphere(sphere_bytes(codes, 8_000), "a.sph")
    assert decoded.tolist() == [[32124, -32124], [0, 32124]]


def test_a_recording_without_sound():
    coding = "-s26 pcm,embedded-shorten-v2.00"
    decoded, _ = decode_sphere(sphere_bytes(tone(0), sample_coding=coding), "46uc030b.wv1")
    assert decoded.shape == (0, 1)


@pytest.mark.parametrize(
    "data, message",
    [
        (sphere_bytes(tone())[:-6], r"cut short.*800 samples.*samples=797"),
        (sphere_bytes(tone(), sample_checksum="-i 7"), r"not the one that was written.*checksum 7"),
        (
            sphere_bytes(tone(), sample_byte_format="-s2 10")[:1024] + tone().tobytes(),
            "not the one",
        ),
        (sphere_bytes(tone())[:1024], r"cut short.*samples=0"),
        (sphere_bytes(np.zeros(9, np.uint8))[:-1], r"cut short.*9 samples.*samples=8"),
        (sphere_bytes(np.zeros(9, np.uint8))[:-9], r"cut short.*9 samples.*samples=0"),
        (sphere_bytes(tone())[:700], "header of 1024 bytes"),
        (sphere_bytes(tone())[:9], "header cannot be read"),
        (sphere_bytes(tone(), sample_count=None), "sample_count"),
        (sphere_bytes(tone(), sample_rate="-s4 slow"), "sample_rate"),
        (sphere_bytes(tone(), sample_rate="-r inf"), "sample_rate"),
    ],
)
def test_broken_files_are_named(data, message):
    with pytest.raises(UserError, match=rf"01ic0201\.wv1: .*{message}"):
        decode_sphere(data, "01ic0201.wv1")


@pytest.mark.parametrize(
    "coding", ["ulaw,embedded-shorten-v2.00", "pcm,embedded-wavpack-v1", "adpcm"]
)
def test_other_codings_are_refused(coding):
    data = sphere_bytes(tone(), sample_coding=f"-s26 {coding}")
    with pytest.raises(UserError, match=rf"{re.escape(coding)}.*sph2pipe"):
        decode_sphere(data, "a.sph")


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("size", [1, 3, 4])
def test_pcm_of_other_sizes_is_the_same_sound(size, order, channels):
    sound = tone(600).reshape(-1, channels) / 32768
    whole = np.round(sound * (2**31 - 1)).astype("<i4").view(np.uint8).reshape(-1, 4)
    places = whole[:, 4 - size :] if order == "<" else whole[:, 4 - size :][:, ::-1]
    digits = "0123"[:size] if order == "<" else "0123"[:size][::-1]
    data = sphere_bytes(
        places.reshape(-1),
        sample_count=f"-i {len(sound)}",
        channel_count=f"-i {channels}",
        sample_n_bytes=f"-i {size}",
        sample_coding="-s3 pcm",
        sample_byte_format=f"-s{size} {digits}",
    )
    decoded, _ = decode_sphere(data, "a.sph")
    if size == 1:
        assert decoded.dtype == np.int16
        decoded = decoded / 32768
    np.testing.assert_allclose(decoded, sound, atol=2.0 ** (1 - 8 * size) + 1e-7)
    with pytest.raises(UserError, match="cut short"):
        decode_sphere(data[:-1], "a.sph")


@pytest.mark.parametrize("size", [0, 5, 8])
def test_pcm_of_no_size_is_refused(size):
    data = sphere_bytes(tone(), sample_n_bytes=f"-i {size}", sample_checksum=None)
    with pytest.raises(UserError, match=rf"16-bit pcm.*sample_n_bytes={size}"):
        decode_sphere(data, "a.sph")


def test_broken_shorten_is_named():
    data = sphere_bytes(tone(), sample_coding="-s26 pcm,embedded-shorten-v2.00")
    with pytest.raises(UserError, match=r"a\.sph: "):
        decode_sphere(data, "a.sph")


def test_shorten_without_the_package(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    data = sphere_bytes(tone(), sample_coding="-s26 pcm,embedded-shorten-v2.00")
    with pytest.raises(UserError, match=r"pip install t2t_mm\[audio\]"):
        decode_sphere(data, "a.sph")
