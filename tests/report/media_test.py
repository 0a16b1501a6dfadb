"""Pictures and sounds are small, whole, and left out rather than too large."""

import base64
import io
import struct
import wave
from pathlib import Path

import numpy as np
from fake_run import picture_bytes, wave_bytes
from PIL import Image

from t2t_mm.report.media import Media


def content(uri: str, mime: str) -> bytes:
    assert uri.startswith(f"data:{mime};base64,")
    return base64.b64decode(uri.partition(",")[2])


def test_small_files_are_kept_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture_bytes())
    (tmp_path / "b.wav").write_bytes(wave_bytes(0.5))
    samples = [{"picture": "a.png"}, {"sound": "b.wav"}]
    media = Media(tmp_path, samples, 1_000_000)
    assert content(media.uri(samples[0], "picture"), "image/png") == picture_bytes()
    assert content(media.uri(samples[1], "sound"), "audio/wav") == wave_bytes(0.5)
    assert media.uri(samples[0], "sound") == ""


def test_a_large_picture_becomes_a_small_jpeg(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 900, 4), np.uint8)
    Image.fromarray(noise, "RGBA").save(tmp_path / "a.png")
    sample = {"picture": "a.png"}
    made = content(Media(tmp_path, [sample], 1_000_000).uri(sample, "picture"), "image/jpeg")
    with Image.open(io.BytesIO(made)) as picture:
        assert picture.size == (320, 213)


def test_a_sound_too_large_is_halved_in_rate_and_keeps_its_length_and_tone(tmp_path: Path) -> None:
    (tmp_path / "b.wav").write_bytes(wave_bytes(2.0))
    sample = {"sound": "b.wav"}
    made = content(Media(tmp_path, [sample], 60_000).uri(sample, "sound"), "audio/wav")
    with wave.open(io.BytesIO(made)) as file:
        assert (file.getframerate(), file.getnframes()) == (8_000, 16_000)
        tone = np.frombuffer(file.readframes(16_000), "<i2")
    assert np.abs(np.fft.rfft(tone)).argmax() / 2.0 == 220


def test_a_sound_that_is_too_long_leaves_its_share_to_the_others(tmp_path: Path) -> None:
    (tmp_path / "long.wav").write_bytes(wave_bytes(9.0))
    (tmp_path / "short.wav").write_bytes(wave_bytes(2.0))
    samples = [{"sound": "short.wav"}, {"sound": "long.wav"}]
    media = Media(tmp_path, samples, 100_000)
    assert content(media.uri(samples[0], "sound"), "audio/wav") == wave_bytes(2.0)
    assert media.uri(samples[1], "sound") == ""


def test_what_does_not_fit_or_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "b.wav").write_bytes(wave_bytes(5.0))
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8no picture" * 10_000)
    sides = struct.pack("<IiiHHIIiiII", 40, 20_000, 20_000, 1, 24, 0, 0, 0, 0, 0, 0)
    (tmp_path / "absurd.bmp").write_bytes(b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + sides)
    samples = [
        {"sound": "b.wav"},
        {"sound": "broken.wav"},
        {"picture": "broken.jpg"},
        {"picture": "missing.png"},
        {"picture": "absurd.bmp"},
    ]
    media = Media(tmp_path, samples, 50_000)
    assert [media.uri(one, kind) for one in samples for kind in one] == [""] * 5
    assert "to keep this page small" in media.explain(samples[0], "sound")
    told = [media.explain(one, kind) for one in samples[1:] for kind in one]
    assert [one.endswith("is not there, or cannot be read.") for one in told] == [True] * 4


def test_a_picture_without_room_is_told(tmp_path: Path) -> None:
    samples = [{"picture": "a.png"}, {"picture": "b.png"}, {"input": "text"}]
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(picture_bytes())
    size = len(Media(tmp_path, samples, 1_000_000).uri(samples[0], "picture"))
    media = Media(tmp_path, samples, size)
    told = ["", "The picture is left out to keep this page small.", ""]
    assert [media.explain(sample, "picture") for sample in samples] == told


def test_sounds_share_the_budget_so_that_the_last_is_heard_like_the_first(tmp_path: Path) -> None:
    samples = [{"sound": f"{i}.wav"} for i in range(4)]
    for sample in samples:
        (tmp_path / sample["sound"]).write_bytes(wave_bytes(1.0))
    media = Media(tmp_path, samples, 100_000)
    lengths = [len(media.uri(sample, "sound")) for sample in samples]
    assert len(set(lengths)) == 1 and 15_000 < lengths[0] <= 25_000


def test_files_that_are_not_of_the_run_are_not_shown(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "decoded").mkdir(parents=True)
    (tmp_path / "private.png").write_bytes(picture_bytes())
    (run / "decoded" / "own.png").write_bytes(picture_bytes())
    (run / "link.png").symlink_to(tmp_path / "private.png")
    absolute = str(tmp_path / "private.png")
    for name in ("../private.png", absolute, "link.png", "decoded/../../private.png"):
        assert Media(run, [{"picture": name}], 1_000_000).uri({"picture": name}, "picture") == ""
    own = {"picture": "decoded/own.png"}
    assert Media(run, [own], 1_000_000).uri(own, "picture")
