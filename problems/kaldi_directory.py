"""Utterances in a directory as Kaldi has them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from t2t_mm.errors import UserError
from t2t_mm.files.text_files import decode_lines
from t2t_mm.problems.sound_places import check_span, find_sound
from t2t_mm.problems.speech import Listing, Utterance, lower_text, note_left_out

KALDI_FILES: Final = ("text", "wav.scp", "segments", "utt2spk", "reco2file_and_channel")
"""What is read of a directory; the first two must be there."""

_ARCHIVE = re.compile(r".*\.ark:\d+")
_CHANNELS = {"A": 0, "B": 1, "1": 0, "2": 1}
_AVERAGED = (
    "recordings share a sound file with another, and no reco2file_and_channel says which channel "
    "is theirs: all are averaged"
)

Numbered = tuple[int, str]


def read_kaldi_directory(folder: Path, top: Path) -> Listing:
    """Read `text` and `wav.scp`, and the others of `KALDI_FILES` where they exist.

    Where several recordings are one sound file, `reco2file_and_channel` says which channel each is,
    unless a segment does.

    Args:
        folder: Of these files.
        top: The highest folder that relative paths in `wav.scp` may start from: see `find_sound`.

    Returns:
        The utterances in the order of `text`, grouped by speaker, or else by recording. Those
        without words and those with only a text or only a sound are left out and noted.

    Raises:
        UserError: If a line is malformed or there twice, a sound file is not there, or `wav.scp`
            has a command or an archive.
    """
    texts, scp = _read_table(folder / "text"), _read_table(folder / "wav.scp")
    segments = _read_segments(folder / "segments")
    speakers = {
        key: speaker for key, (_, speaker) in _read_optional_table(folder / "utt2spk").items()
    }
    channels = _find_channels(folder / "reco2file_and_channel", scp)
    sounds: dict[str, Path] = {}
    utterances, soundless, wordless = [], [], []
    for key, (_, text) in texts.items():
        recording, where = segments.get(key, ("" if segments else key, {}))
        words = lower_text(text)
        if recording not in scp:
            soundless.append(key)
        elif not words:
            wordless.append(key)
        else:
            if recording not in sounds:
                sounds[recording] = _find_recording(folder / "wav.scp", *scp[recording], top)
            where = {"channel": channels.get(recording)} | where
            group = speakers.get(key, recording)
            utterances.append(Utterance(key, sounds[recording], words, group, **where))
    unwritten = [key for key in segments or scp if key not in texts]
    told = {recording for recording, where in segments.values() if "channel" in where}
    averaged = [one for one, channel in channels.items() if channel is None and one not in told]
    notes = [
        *note_left_out(len(soundless), "texts have no sound", soundless),
        *note_left_out(len(wordless), "texts are without a word", wordless),
        *note_left_out(len(unwritten), "sounds have no text", unwritten),
        *note_left_out(len(averaged), _AVERAGED, averaged),
    ]
    return Listing(utterances, [f"{folder}: {note}" for note in notes])


def _read_table(path: Path) -> dict[str, Numbered]:
    """Read what follows each key, with its line number."""
    if not path.is_file():
        raise UserError(
            f"A Kaldi directory has no file {path.name}",
            expected=f"{path}",
            received={"files": ", ".join(sorted(file.name for file in path.parent.iterdir())[:10])},
        )
    table: dict[str, Numbered] = {}
    for number, line in enumerate(decode_lines(path), start=1):
        key, *rest = line.split(None, 1)[:2] or [""]
        if key in table:
            raise UserError(
                f"{path}, line {number}: {key} is there twice",
                expected="each name once",
                received={"first line": table[key][0]},
            )
        if key:
            table[key] = number, rest[0].strip() if rest else ""
    return table


def _read_optional_table(path: Path) -> dict[str, Numbered]:
    return _read_table(path) if path.is_file() else {}


def _read_segments(path: Path) -> dict[str, tuple[str, dict[str, Any]]]:
    """Read recording, begin, end and channel of each utterance."""
    segments = {}
    for key, (number, line) in _read_optional_table(path).items():
        try:
            recording, start, end, *channel = line.split()
            until_the_end = float(end) < 0  # as Kaldi writes it
            where = check_span(float(start), None if until_the_end else float(end))
            if channel:
                where["channel"] = int(channel[0])
        except ValueError:
            raise UserError(
                f"{path}, line {number}: this is no segment",
                expected="utterance recording start end, in seconds, the end after the start",
                received={"line": f"{key} {line}"},
            ) from None
        segments[key] = recording, where
    return segments


def _find_channels(path: Path, scp: Mapping[str, Numbered]) -> dict[str, int | None]:
    """Find the channel of each recording whose sound file is that of another, too.

    Args:
        path: Of `reco2file_and_channel`, if there is one.
        scp: The recordings.

    Returns:
        Counted from 0; None where nothing says it.
    """
    said = {}
    for key, (number, line) in _read_optional_table(path).items():
        name = line.split()[-1].upper() if line else ""
        if name not in _CHANNELS:
            raise UserError(
                f"{path}, line {number}: this is no channel",
                expected="recording file channel, the channel A, B, 1 or 2",
                received={"line": f"{key} {line}"},
            )
        said[key] = _CHANNELS[name]
    sharing = Counter(value for _, value in scp.values())
    return {key: said.get(key) for key, (_, value) in scp.items() if sharing[value] > 1}


def _find_recording(scp: Path, number: int, value: str, top: Path) -> Path:
    if value.endswith("|") or _ARCHIVE.fullmatch(value):
        what = "a command" if value.endswith("|") else "an archive"
        raise UserError(
            f"{scp}, line {number}: the sound is {what}, and none is run or unpacked here",
            expected="the path of a sound file (wav, flac, ogg, mp3, NIST SPHERE)",
            received={"line": value},
            fix="Write the sounds to files first. SPHERE files need no sph2pipe: name them.",
        )
    return find_sound(scp, number, value, top)
