"""Kaldi directories, and what is wrong with some."""

from pathlib import Path

import pytest
from sound_fixtures import write

from t2t_mm.errors import UserError
from t2t_mm.problems.speech import Utterance
from t2t_mm.problems.speech_lists import find_list_files, read_list

KALDI = {"train/text": "a SAYS  A\n", "train/wav.scp": "a WAVE/a.wav\n", "WAVE/a.wav": ""}


def test_a_kaldi_directory(tmp_path: Path) -> None:
    write(tmp_path, KALDI | {"train/text": "b B\na SAYS  A\n"})
    write(tmp_path, {"train/wav.scp": "a WAVE/a.wav\nb WAVE/b.wav\n", "WAVE/b.wav": ""})
    listing = read_list(tmp_path / "train", tmp_path)
    assert listing.utterances == [
        Utterance("b", tmp_path / "WAVE/b.wav", "b", "b"),
        Utterance("a", tmp_path / "WAVE/a.wav", "says a", "a"),
    ]
    assert listing.notes == []
    assert find_list_files(tmp_path / "train") == [
        tmp_path / "train/text",
        tmp_path / "train/wav.scp",
    ]


def test_segments_and_speakers(tmp_path: Path) -> None:
    write(
        tmp_path,
        KALDI
        | {
            "train/text": "u1 one\nu2 two\nu3 three\n",
            "train/segments": "u1 a 0.0 0.25\nu2 a 0.25 0.5 1\nu3 a 0.5 -1 0\n",
            "train/utt2spk": "u1 s1\nu3 s2\n",
        },
    )
    sound = tmp_path / "WAVE/a.wav"
    assert read_list(tmp_path / "train", tmp_path).utterances == [
        Utterance("u1", sound, "one", "s1", 0.0, 0.25),
        Utterance("u2", sound, "two", "a", 0.25, 0.5, 1),  # no speaker: the recording
        Utterance("u3", sound, "three", "s2", 0.5, None, 0),
    ]
    assert len(find_list_files(tmp_path / "train")) == 4


@pytest.mark.parametrize("base", ["", "../WAVE/", "{tmp}/WAVE/"])
def test_paths_of_sounds_start_from_the_directory_or_one_above(tmp_path: Path, base: str) -> None:
    path = f"{base.format(tmp=tmp_path)}a.wav"
    place = {"": "corpus/a.wav", "../WAVE/": "corpus/WAVE/a.wav"}.get(base, "WAVE/a.wav")
    write(tmp_path, {f"corpus/{name}": text for name, text in KALDI.items() if "WAVE" not in name})
    write(tmp_path, {"corpus/train/wav.scp": f"a {path}\n", place: ""})
    (utterance,) = read_list(tmp_path / "corpus/train", tmp_path / "corpus").utterances
    assert utterance.sound.resolve() == tmp_path / place


def test_a_sound_above_the_highest_folder_is_not_looked_for(tmp_path: Path) -> None:
    write(tmp_path, KALDI)
    with pytest.raises(UserError, match=r"wav\.scp, line 1: the sound file is not there"):
        read_list(tmp_path / "train", tmp_path / "train")


def test_what_does_not_fit_together_is_left_out_and_noted(tmp_path: Path) -> None:
    sounds = {f"WAVE/{key}.wav": "" for key in "abcd"}
    scp = "".join(f"{key} WAVE/{key}.wav\n" for key in "abcd")
    write(tmp_path, sounds | {"train/text": "a A\nb\nc C\nx X\n", "train/wav.scp": scp})
    listing = read_list(tmp_path / "train", tmp_path)
    assert [one.key for one in listing.utterances] == ["a", "c"]
    assert listing.notes == [
        f"{tmp_path / 'train'}: {note}"
        for note in (
            "1 texts have no sound (x).",
            "1 texts are without a word (b).",
            "1 sounds have no text (d).",
        )
    ]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("wav.scp", "a sph2pipe -f wav a.wv1 |\n", r"wav\.scp, line 1: .*a command"),
        ("wav.scp", "a raw_wav.ark:123\n", r"wav\.scp, line 1: .*an archive"),
        ("wav.scp", "a WAVE/no.wav\n", r"wav\.scp, line 1: .*train/WAVE/no\.wav or .*no"),
        ("wav.scp", "a WAVE/a.wav\na WAVE/a.wav\n", r"wav\.scp, line 2: a is there twice"),
        ("segments", "a a 0.0\n", r"segments, line 1: this is no segment.*a a 0\.0"),
        ("segments", "a a -0.5 1.0\n", r"segments, line 1: this is no segment"),
        ("segments", "a a 0.5 0.5\n", r"segments, line 1: this is no segment"),
        ("segments", "\na a nan 1.0\n", r"segments, line 2: this is no segment"),
        ("segments", "a a 0.0 nan\n", r"segments, line 1: this is no segment"),
        ("segments", "a a inf -1\n", r"segments, line 1: this is no segment"),
        ("text", b"a \xff\n", r"text, line 1: the text is not UTF-8"),
        ("reco2file_and_channel", "a a C\n", r"channel, line 1: this is no channel.*a a C"),
        ("reco2file_and_channel", "a\n", r"channel, line 1: this is no channel"),
    ],
)
def test_malformed_kaldi_files_are_named(
    tmp_path: Path, file: str, content: str | bytes, message: str
) -> None:
    write(tmp_path, KALDI | {f"train/{file}": content})
    with pytest.raises(UserError, match=message):
        read_list(tmp_path / "train", tmp_path)


def test_a_directory_without_sounds_names_what_it_lacks(tmp_path: Path) -> None:
    write(tmp_path, {"train/text": "a A\n"})
    with pytest.raises(UserError, match=r"no file wav\.scp.*train/wav\.scp.*files='text'"):
        read_list(tmp_path / "train", tmp_path)


SIDES = {"train/text": "a A\nb B\n", "train/wav.scp": "a WAVE/a.wav\nb WAVE/a.wav\n"}


def test_recordings_of_one_sound_file_are_its_channels(tmp_path: Path) -> None:
    write(tmp_path, KALDI | SIDES | {"train/reco2file_and_channel": "a a A\nb\ta\tB\n"})
    listing = read_list(tmp_path / "train", tmp_path)
    assert [one.channel for one in listing.utterances] == [0, 1]
    assert listing.notes == []
    assert tmp_path / "train/reco2file_and_channel" in find_list_files(tmp_path / "train")


def test_a_recording_of_its_own_file_has_all_channels(tmp_path: Path) -> None:
    write(tmp_path, KALDI | {"train/reco2file_and_channel": "a a B\n"})  # as sph2pipe -c 2 writes
    (utterance,) = read_list(tmp_path / "train", tmp_path).utterances
    assert utterance.channel is None


def test_recordings_of_one_sound_file_without_channels_are_told(tmp_path: Path) -> None:
    write(tmp_path, KALDI | SIDES)
    listing = read_list(tmp_path / "train", tmp_path)
    assert [one.channel for one in listing.utterances] == [None, None]
    (note,) = listing.notes
    assert "2 recordings share a sound file" in note and "(a, b)" in note


def test_the_channel_of_a_segment_counts(tmp_path: Path) -> None:
    segments = {"train/segments": "a a 0.0 1.0 1\nb b 0.0 1.0 0\n"}
    write(tmp_path, KALDI | SIDES | segments)
    listing = read_list(tmp_path / "train", tmp_path)
    assert [one.channel for one in listing.utterances] == [1, 0]
    assert listing.notes == []
