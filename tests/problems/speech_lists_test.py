"""Lists of utterances: manifests, and what is wrong with some."""

import json
from pathlib import Path

import pytest
from sound_fixtures import tone, wav_bytes, write

from t2t_mm.errors import UserError
from t2t_mm.problems.speech import Utterance
from t2t_mm.problems.speech_lists import find_list_files, read_list, read_manifest

MANIFEST = '{"audio": "a.wav", "text": "A"}\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.jsonl", '{"audio": "clips/a.wav", "text": "Say \\"A\\""}\n'),
        ("train.json", '{"audio_filepath": "clips/a.wav", "transcript": "Say \\"A\\""}\n\n'),
        ("train.csv", 'path,sentence,client_id\nclips/a.wav,"Say ""A""",\n'),
        ("train.tsv", 'path\tsentence\nclips/a.wav\tSay "A"\n'),
    ],
)
def test_manifests(tmp_path: Path, name: str, content: str) -> None:
    write(tmp_path, {name: content, "clips/a.wav": ""})
    listing = read_list(tmp_path / name, tmp_path)
    sound = tmp_path / "clips/a.wav"
    assert listing.utterances == [Utterance("clips/a.wav", sound, 'say "a"', "clips/a.wav")]
    assert find_list_files(tmp_path / name) == [tmp_path / name]


@pytest.mark.parametrize(
    "place", ["data/my/lists/clips", "data/my/clips", "data/clips", "elsewhere/clips"]
)
@pytest.mark.parametrize("name", ["train.json", "train.csv", "train.tsv"])
def test_paths_of_a_manifest_start_from_it_from_above_or_from_where_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, name: str
) -> None:
    content = {
        "train.json": '{"audio_filepath": "clips/a.wav", "text": "A"}\n',
        "train.csv": "path,sentence\nclips/a.wav,A\n",
        "train.tsv": "path\tsentence\nclips/a.wav\tA\n",
    }
    files = {f"data/my/lists/{name}": content[name], f"{place}/a.wav": "", "elsewhere/x": ""}
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path / "elsewhere")
    (one,) = read_list(tmp_path / "data/my/lists" / name, tmp_path / "data").utterances
    assert one.sound == tmp_path / place / "a.wav" and one.key == "clips/a.wav"


def test_the_nearest_file_is_taken_and_none_from_above_the_data(tmp_path: Path) -> None:
    write(tmp_path, {"data/my/train.jsonl": MANIFEST, "data/my/a.wav": "", "data/a.wav": ""})
    (one,) = read_list(tmp_path / "data/my/train.jsonl", tmp_path / "data").utterances
    assert one.sound == tmp_path / "data/my/a.wav"
    write(tmp_path, {"data/my/train.jsonl": '{"audio": "b.wav", "text": "B"}\n', "b.wav": ""})
    told = r"line 1: .*data/my/b\.wav or .*data/b\.wav or .*b\.wav\. Received"
    with pytest.raises(UserError, match=told) as error:
        read_list(tmp_path / "data/my/train.jsonl", tmp_path / "data")
    assert f" {tmp_path / 'b.wav'}" not in str(error.value)


@pytest.mark.parametrize("where", ["clips", "en/clips"])
def test_clips_beside_the_list_are_looked_into(tmp_path: Path, where: str) -> None:
    table = "client_id\tpath\tsentence\nc1\tone.wav\tOne.\n"
    folder = (tmp_path / where).parent
    write(folder, {"dev.tsv": table, "clips/one.wav": ""})
    (utterance,) = read_list(folder / "dev.tsv", tmp_path).utterances
    assert (utterance.sound, utterance.group) == (folder / "clips/one.wav", "c1")
    write(folder, {"one.wav": ""})  # where every list is looked for comes first
    (utterance,) = read_list(folder / "dev.tsv", tmp_path).utterances
    assert utterance.sound == folder / "one.wav"


def test_segments_and_speakers_of_a_manifest(tmp_path: Path) -> None:
    rows = [
        {"audio": "a.wav", "text": "One", "offset": 0.25, "duration": 0.5, "speaker_id": 7},
        {"audio": "a.wav", "text": "Two", "offset": "", "duration": "9"},
        {"audio": "a.wav", "text": "  "},
        {"audio": "a.wav", "text": "Three", "offset": 1, "duration": None},
        {"audio": "a.wav", "text": "Four", "offset": "0"},
    ]
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    write(tmp_path, {"train.jsonl": lines, "a.wav": ""})
    listing = read_manifest(tmp_path / "train.jsonl")
    assert listing.utterances == [
        Utterance("a.wav@0.25", tmp_path / "a.wav", "one", "7", 0.25, 0.75),
        Utterance("a.wav", tmp_path / "a.wav", "two", "a.wav"),
        Utterance("a.wav@1.0", tmp_path / "a.wav", "three", "a.wav", 1.0, None),
        Utterance("a.wav@0.0", tmp_path / "a.wav", "four", "a.wav", 0.0, None),
    ]
    assert listing.notes == [f"{tmp_path / 'train.jsonl'}: 1 texts are without a word (a.wav)."]


def test_a_speaker_may_be_0(tmp_path: Path) -> None:
    speakers = ({"speaker": 0}, {"speaker": "", "client_id": "c"}, {"speaker": None})
    rows = ({"audio": f"{n}.wav", "text": "One"} | one for n, one in enumerate(speakers))
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    write(tmp_path, {"train.jsonl": lines, "0.wav": "", "1.wav": "", "2.wav": ""})
    listing = read_manifest(tmp_path / "train.jsonl")
    assert [one.group for one in listing.utterances] == ["0", "c", "2.wav"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train.jsonl", MANIFEST + '{"audio', "line 2: this is no JSON"),
        ("train.jsonl", '["a.wav", "A"]\n', "line 1: this is no JSON object"),
        ("train.jsonl", '{"audio": "a.wav"}\n', "line 1: .*'text'.*columns='audio'"),
        ("train.jsonl", '{"audio": "no.wav", "text": "A"}\n', r"line 1: .*not there.*no\.wav"),
        ("train.csv", "audio,text\na.wav\n", "line 2: .*not as many columns.*columns=1"),
        ("train.csv", "audio,text\n\na.wav,A, b\n", "line 3: .*2: audio, text.*columns=3"),
        ("train.tsv", "audio\ttext\na.wav\tA\tb\n", "line 2: .*not as many columns.*columns=3"),
        ("train.csv", 'audio,text\na.wav,"A\na.wav,B\n', "line 2: this is no row of a table"),
        ("train.csv", 'audio,text\na.wav,"A\na.wav,B"\n', "line 2: this is no row of a table"),
        ("train.csv", 'audio,text\na.wav,"A" b\n', "line 2: this is no row of a table"),
        ("train.csv", "sound,text\na.wav,A\n", "line 2: .*'audio'.*audio_filepath"),
        ("all.csv", "audio,text,split\na.wav,A,train\na.wav,A,test\n", "line 3: .*split test"),
        (
            "train.jsonl",
            '{"audio": "a.wav", "text": "A", "offset": 1, "duration": "long"}\n',
            "line 1: this is no segment.*duration='long'",
        ),
    ],
)
def test_malformed_manifests_are_named(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    write(tmp_path, {name: content, "a.wav": wav_bytes(tone(9))})
    with pytest.raises(UserError, match=rf"{name}, {message}"):
        read_manifest(tmp_path / name)


@pytest.mark.parametrize(
    "times",
    [
        '"offset": NaN, "duration": 1',
        '"offset": -1, "duration": 2',
        '"offset": 1, "duration": 0',
        '"offset": 1, "duration": Infinity',
        '"offset": 1, "duration": 1' + 400 * "0",
    ],
)
def test_a_segment_of_a_manifest_that_is_none(tmp_path: Path, times: str) -> None:
    row = f'{{"audio": "a.wav", "text": "A", {times}}}\n'
    write(tmp_path, {"train.jsonl": row, "a.wav": ""})
    with pytest.raises(UserError, match=r"train\.jsonl, line 1: this is no segment"):
        read_manifest(tmp_path / "train.jsonl")
