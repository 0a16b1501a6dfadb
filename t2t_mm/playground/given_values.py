"""What a person may hand over in a browser: no more than a page answers at once."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from t2t_mm.data.pictures.stored_pictures import open_picture
from t2t_mm.errors import UserError

MOST_LETTERS = 2_000
MOST_SECONDS = 60.0
MOST_PIXELS = 4_000_000
MOST_BYTES = "20mb"
"""Of an uploaded file, as Gradio takes it."""


def check_given(given_as: str, value: Any) -> None:
    """Refuse a value that is not there or too large, before a model is asked.

    Args:
        given_as: See `FeatureKind`.
        value: A text, the name of a class, or the path of a file.

    Raises:
        UserError: One line for the person.

    Example:
        >>> check_given("text", " ")
        Traceback (most recent call last):
        ...
        t2t_mm.errors.UserError: There is nothing to answer yet. Type a text first.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        raise UserError("There is nothing to answer yet", fix=_WISHES[given_as])
    check = _CHECKS.get(given_as)
    if check is not None:
        check(value)


def measure_seconds(path: str | Path) -> float:
    """Return how long the sound in a file lasts; 0 where that cannot be read.

    By its header; a file that does not count its samples is read, 30 minutes of it at most.
    """
    import soundfile

    from t2t_mm.data.sounds.mp3_length import say_no_length
    from t2t_mm.data.sounds.sound_files import (
        LONGEST_S,
        UNKNOWN_FRAMES,
        LongSoundError,
        decode_sound,
    )

    try:
        content = Path(path).read_bytes()
        info = soundfile.info(io.BytesIO(content))  # it would believe the ending of a name
        is_unknown = info.frames >= UNKNOWN_FRAMES or (
            info.format == "MP3" and say_no_length(content, info.samplerate)
        )
        if not is_unknown:
            return float(info.duration)
        sound = decode_sound(content)
        return len(sound.samples) / sound.sample_rate_hz
    except LongSoundError:
        return float(LONGEST_S)
    except (OSError, soundfile.SoundFileError, UserError):
        return 0.0  # of another form, or no sound: who reads it whole will tell


def _check_text(text: str) -> None:
    if len(text) > MOST_LETTERS:
        raise UserError(
            "The text is too long for this page",
            expected=f"at most {MOST_LETTERS:,} letters",
            received={"letters": len(text)},
            fix="t2t-decoder --decode_from_file takes up to four times data.max_pieces.",
        )


def _check_sound(path: str) -> None:
    seconds = measure_seconds(path)
    if seconds > MOST_SECONDS:
        raise UserError(
            "The sound is too long for this page",
            expected=f"at most {MOST_SECONDS:.0f} seconds",
            received={"seconds": round(seconds, 1)},
        )


def _check_picture(path: str) -> None:
    try:
        with open_picture(path) as picture:
            width, height = picture.size
    except Exception:  # Pillow raises all kinds of a broken one: who reads it whole will tell
        return
    if width * height > MOST_PIXELS:
        raise UserError(
            "The picture is too large for this page",
            expected=f"at most {MOST_PIXELS:,} pixels",
            received={"width": width, "height": height},
        )


_CHECKS: dict[str, Callable[[str], None]] = {
    "text": _check_text,
    "sound": _check_sound,
    "picture": _check_picture,
}
_WISHES = {
    "text": "Type a text first.",
    "class": "Choose a class first.",
    "picture": "Drop a picture first.",
    "sound": "Record or drop a sound first.",
    "file": "Drop a file first.",
}
