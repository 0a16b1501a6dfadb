"""Lists of utterances as people keep them: Kaldi directories, and manifests of files and texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from t2t_mm.errors import UserError
from t2t_mm.files.odd_items import leave_out
from t2t_mm.files.packed_files import PackedFile
from t2t_mm.problems.kaldi_directory import KALDI_FILES, read_kaldi_directory
from t2t_mm.problems.named_columns import (
    check_columns,
    check_one_split,
    find_columns,
    parse_columns,
    read_rows,
)
from t2t_mm.problems.nemo_shards import NemoShards
from t2t_mm.problems.packed_tables import RowPlace, is_packed, list_watched_files
from t2t_mm.problems.sound_places import check_span, find_sound
from t2t_mm.problems.speech import Listing, Utterance, lower_text, note_left_out

MANIFEST_SUFFIXES = (".jsonl", ".json", ".csv", ".tsv")

_COLUMNS = (
    ("audio", ("audio", "path", "audio_filepath", "audio_path", "wav", "file", "file_name")),
    ("text", ("text", "sentence", "transcript", "transcription")),
)
_SPEAKER = ("speaker", "speaker_id", "client_id")


def find_list_files(path: Path) -> list[Path]:
    """Find the files that a list consists of: itself, or those of a Kaldi directory."""
    if not path.is_dir():
        return list_watched_files(path)
    return [path / name for name in KALDI_FILES if (path / name).is_file()]


def read_list(path: Path, top: Path, columns: str = "") -> Listing:
    """Read a Kaldi directory or a manifest.

    Args:
        path: Of either.
        top: The highest folder that relative paths may start from, as the root of the data.
        columns: Of a manifest; see `read_manifest`.

    Raises:
        UserError: Naming file and line.
    """
    return read_kaldi_directory(path, top) if path.is_dir() else read_manifest(path, top, columns)


def read_manifest(path: Path, top: Path | None = None, columns: str = "") -> Listing:
    """Read a list of sound files with their texts.

    Args:
        path: `.jsonl` (`.json` alike: one object a line), `.csv` or `.tsv` (with a line of names;
            each row in a line of its own; tabs are all that parts the columns of a `.tsv`).
            Columns: `audio` (or `path`, `audio_filepath`, `audio_path`, `wav`, `file`,
            `file_name`), as
            `find_sound` takes it; `text` (or `sentence`, `transcript`, `transcription`); where
            there are such, `speaker` (or `speaker_id`, `client_id`), and `offset` in seconds for
            a segment, of that `duration` or up to the end; `shard_id` for a sound in a tar beside
            (`NemoShards`). Or the first shard of a `.tar` or `.parquet`, with the sounds in it.
        top: The highest folder that relative paths may start from; by default the manifest's.
        columns: Which columns hold `audio` and `text`, where a person says so; see `Problem`.

    Returns:
        The utterances in order, grouped by speaker, or else by file. Those without words are left
        out and noted.

    Raises:
        UserError: If a line is malformed, a sound file is not there, or rows are of several splits.

    Example:
        >>> _ = Path("1.flac").write_bytes(b"")  # sounds are read later
        >>> _ = Path("train.jsonl").write_text('{"audio": "1.flac", "text": "Good morning"}')
        >>> [(one.sound, one.text) for one in read_manifest(Path("train.jsonl")).utterances]
        [(PosixPath('1.flac'), 'good morning')]
    """
    utterances, wordless = [], []
    given, shards = parse_columns(columns), NemoShards(path)
    audio, words_of = _choose_columns(path, columns)
    for place, row in check_one_split(read_rows(path, given, spans_lines=False)):
        value, text = (_pick_column(place, row, names) for names in (audio, words_of))
        if not isinstance(text, str) or value is None:
            leave_out(f"{place}: the {'sound' if text else 'text'} is null")
            continue
        sound: Path | PackedFile
        if isinstance(value, PackedFile):
            sound, value = value, value.key
        elif row.get("shard_id") is not None and not (path.parent / value).is_file():
            sound = shards.find_sound(place.number, row["shard_id"], value)
        else:
            sound = find_sound(path, place.number, value, top or path.parent)
        segment = _parse_segment(place, row)
        key = f"{value}@{segment['start_s']}" if segment else value
        if words := lower_text(text):
            recording = sound.key if isinstance(sound, PackedFile) else value
            named = (str(row[name]) for name in _SPEAKER if row.get(name) not in (None, ""))
            speaker = next(named, recording)
            utterances.append(Utterance(key, sound, words, speaker, **segment))
        else:
            wordless.append(key)
    notes = note_left_out(len(wordless), "texts are without a word", wordless)
    return Listing(utterances, [f"{path}: {note}" for note in notes])


def _choose_columns(path: Path, columns: str) -> Iterable[tuple[str, ...]]:
    """Choose the names of the columns of sounds and of texts, of shards those that they have."""
    given, usual = parse_columns(columns), dict(_COLUMNS)
    if not is_packed(path):
        check_columns(path, usual, usual, columns)
        return [(given[role],) if role in given else names for role, names in usual.items()]
    chosen = find_columns(path, usual, columns)
    check_columns(path, chosen, usual, columns)
    return [(chosen[role],) for role in usual]


def _pick_column(
    place: RowPlace, row: Mapping[str, Any], names: tuple[str, ...]
) -> str | PackedFile | None:
    absent = None if is_packed(place.path) else place.number
    value = next((row[name] for name in names if name in row), absent)
    if value is not None and not isinstance(value, str | PackedFile):
        raise UserError(
            f"{place}: there is no text in a column {names[0]!r}",
            expected=f"one of {', '.join(names)}",
            received={"columns": ", ".join(map(str, row))},
        )
    return value


def _parse_segment(place: RowPlace, row: Mapping[str, Any]) -> dict[str, Any]:
    """Parse begin and end where the row has an offset; nothing for the whole file."""
    if row.get("offset") in (None, ""):
        return {}
    try:
        start, duration = float(row["offset"]), row.get("duration")
        end = None if duration in (None, "") else start + float(duration)
        return check_span(start, end)
    except (TypeError, ValueError, OverflowError):
        raise UserError(
            f"{place}: this is no segment",
            expected="an offset from 0 on and a duration above 0 (or none), in seconds",
            received={name: row.get(name) for name in ("offset", "duration")},
        ) from None
