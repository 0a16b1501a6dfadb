"""What is missing or too large is told in one line, before a model is asked."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_run import picture_bytes, wave_bytes
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from t2t_mm.errors import UserError
from t2t_mm.playground.given_values import (
    MOST_LETTERS,
    MOST_PIXELS,
    check_given,
    measure_seconds,
)


@pytest.mark.parametrize(
    ("given_as", "value", "message"),
    [
        ("text", "  ", "Type a text first"),
        ("text", "a" * (MOST_LETTERS + 1), "at most 2,000 letters.*letters=2001"),
        ("picture", None, "Drop a picture first"),
        ("sound", None, "Record or drop a sound"),
        ("class", None, "Choose a class first"),
        ("file", "", "Drop a file first"),
    ],
)
def test_nothing_and_too_much_are_refused(given_as: str, value: str | None, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_given(given_as, value)


def test_a_long_sound_and_a_large_picture_are_refused_by_their_headers(tmp_path: Path) -> None:
    sound, picture = tmp_path / "long.wav", tmp_path / "large.png"
    sound.write_bytes(wave_bytes(61))
    with pytest.raises(UserError, match=r"at most 60 seconds.*seconds=61\.0"):
        check_given("sound", str(sound))
    side = int(MOST_PIXELS**0.5) + 1
    Image.fromarray(np.zeros((side, side), np.uint8)).save(picture)
    with pytest.raises(UserError, match=f"at most 4,000,000 pixels.*width={side}"):
        check_given("picture", str(picture))


def test_an_mp3_that_does_not_count_its_frames_is_as_long_as_it_is(tmp_path: Path) -> None:
    path, rate = tmp_path / "long.mp3", 8_000
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 70 * rate)
    noise[10 * rate :] *= 1e-3  # of a loud beginning a short length is guessed
    soundfile.write(path, noise, rate, format="MP3", bitrate_mode="VARIABLE")
    data = path.read_bytes()
    path.write_bytes(data[data.index(data[:2], 4) :])
    assert soundfile.info(path).duration < 60
    with pytest.raises(UserError, match=r"at most 60 seconds.*seconds=70\."):
        check_given("sound", str(path))


def test_a_sound_is_as_long_as_it_is_whatever_its_header_and_name(tmp_path: Path) -> None:
    whole, piped, raw = (tmp_path / name for name in ("a.flac", "piped.flac", "a.raw"))
    soundfile.write(whole, np.zeros(12_000), 8_000)
    flac = whole.read_bytes()
    # Out of a pipe: the 36 bits of its header that count samples are 0.
    piped.write_bytes(flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:])
    raw.write_bytes(flac)
    for path in (whole, piped, raw):
        check_given("sound", str(path))
        assert measure_seconds(path) == 1.5
    assert measure_seconds(tmp_path / "nowhere.wav") == 0


def test_what_fits_passes_and_what_is_broken_is_told_by_who_reads_it(tmp_path: Path) -> None:
    sound, picture, broken = (tmp_path / name for name in ("a.wav", "a.png", "broken"))
    sound.write_bytes(wave_bytes(1.5))
    picture.write_bytes(picture_bytes())
    broken.write_bytes(b"no picture, no sound")
    bomb, text = tmp_path / "bomb.png", PngInfo()
    text.add_text("title", "a" * 2_000_000, zip=True)
    Image.new("L", (1, 1)).save(bomb, pnginfo=text)
    check_given("picture", str(bomb))
    check_given("text", "a" * MOST_LETTERS)
    for given_as, path in (("sound", sound), ("picture", picture)):
        check_given(given_as, str(path))
        check_given(given_as, str(broken))
    check_given("file", str(broken))
    assert measure_seconds(sound) == pytest.approx(1.5)
    assert measure_seconds(broken) == 0
